// Plays a plan of calls through one grpc-go channel: an open loop, as bench/balance/play/javascript.ts does in Node.
// Reads the plan as JSON from standard input, writes a line "started" and then the ends as JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/balancer/leastrequest"
	_ "google.golang.org/grpc/balancer/weightedroundrobin"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds"
)

type plan struct {
	Addresses     []string `json:"addresses"`
	ServiceConfig string   `json:"serviceConfig"`
	// Go's shortest time is 10 s.
	Keepalive *struct {
		TimeMs    float64 `json:"timeMs"`
		TimeoutMs float64 `json:"timeoutMs"`
	} `json:"keepalive"`
	Method     string   `json:"method"`
	DeadlineMs float64  `json:"deadlineMs"`
	Messages   [][]byte `json:"messages"`
	Arrivals   []struct {
		AtMs    float64 `json:"atMs"`
		Message int     `json:"message"`
	} `json:"arrivals"`
}

type end struct {
	DueAtMs   float64 `json:"dueAtMs"`
	SentAtMs  float64 `json:"sentAtMs"`
	EndedAtMs float64 `json:"endedAtMs"`
	Status    string  `json:"status"`
	Server    string  `json:"server"`
	Message   int     `json:"message"`
}

// Requests are serialized before, and answers are not read.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }
func (bytesCodec) Marshal(value any) ([]byte, error) {
	if bytes, ok := value.(*[]byte); ok {
		return *bytes, nil
	}
	return nil, errors.New("a message of this bench is bytes")
}
func (bytesCodec) Unmarshal(data []byte, value any) error {
	if bytes, ok := value.(*[]byte); ok {
		*bytes = append([]byte{}, data...)
		return nil
	}
	return errors.New("a message of this bench is bytes")
}

// The names of the other clients, such as DEADLINE_EXCEEDED.
var names = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

func main() {
	var given plan
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&given); err != nil {
		log.Fatalf("the plan on standard input: %v", err)
	}
	connection := dial(given)
	defer connection.Close()
	connection.Connect()
	fmt.Println("started")
	ends := play(connection, given)
	if err := json.NewEncoder(os.Stdout).Encode(ends); err != nil {
		log.Fatal(err)
	}
}

func dial(given plan) *grpc.ClientConn {
	addresses := manual.NewBuilderWithScheme("balance")
	var state resolver.State
	for _, address := range given.Addresses {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	addresses.InitialState(state)
	waits := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	target := "balance:///servers"
	// With a control plane instead of addresses; it gives the policy and the retries.
	if strings.HasPrefix(given.Addresses[0], "xds:///") {
		target = given.Addresses[0]
	}
	options := []grpc.DialOption{
		grpc.WithResolvers(addresses),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(given.ServiceConfig),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: waits, MinConnectTimeout: time.Second}),
	}
	if given.Keepalive != nil {
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:    time.Duration(given.Keepalive.TimeMs * float64(time.Millisecond)),
			Timeout: time.Duration(given.Keepalive.TimeoutMs * float64(time.Millisecond)),
		}))
	}
	connection, err := grpc.NewClient(target, options...)
	if err != nil {
		log.Fatalf("the channel: %v", err)
	}
	return connection
}

func play(connection *grpc.ClientConn, given plan) []end {
	ends := make([]end, len(given.Arrivals))
	startedAt := time.Now()
	nowMs := func() float64 { return float64(time.Since(startedAt).Microseconds()) / 1000 }
	var pending sync.WaitGroup
	for place, arrival := range given.Arrivals {
		dueAt := startedAt.Add(time.Duration(arrival.AtMs * float64(time.Millisecond)))
		time.Sleep(time.Until(dueAt))
		pending.Add(1)
		go func() {
			defer pending.Done()
			one := end{DueAtMs: arrival.AtMs, SentAtMs: nowMs(), Message: arrival.Message}
			deadline := dueAt.Add(time.Duration(given.DeadlineMs * float64(time.Millisecond)))
			ctx, cancel := context.WithDeadline(context.Background(), deadline)
			defer cancel()
			var answer []byte
			var server peer.Peer
			err := connection.Invoke(ctx, given.Method, &given.Messages[arrival.Message], &answer, grpc.Peer(&server))
			one.EndedAtMs = nowMs()
			one.Status = names[status.Code(err)]
			if server.Addr != nil {
				one.Server = server.Addr.String()
			}
			ends[place] = one
		}()
	}
	pending.Wait()
	return ends
}
