// Ranks two candidates. run.sh generates the stubs and runs it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	pb "example.com/rank/slmrank/v1"
)

func main() {
	address := "127.0.0.1:50051"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	reply, err := pb.NewRankingServiceClient(connection).Rank(ctx, &pb.RankRequest{
		Query: "night shift nurse",
		Candidates: []*pb.Candidate{
			{Id: "a", Title: proto.String("Registered Nurse"), Text: "Cares for patients on the surgical ward, nights."},
			{Id: "b", Title: proto.String("Accountant"), Text: "Prepares monthly statements."},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, result := range reply.Results {
		fmt.Printf("%s %.3f\n", result.Id, result.Score)
	}
}
