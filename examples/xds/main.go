// A control plane for gRPC clients of slmrank: it serves LDS, RDS, CDS and EDS from a file of endpoints, which it reads
// again when the file changes. docs/fleet/balancing.md says how clients use it.
//
//	go run . -endpoints endpoints.json -listen 127.0.0.1:18000
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// The file of endpoints.
type fleet struct {
	// The name that clients dial: xds:///slmrank.
	Name      string     `json:"name"`
	Endpoints []endpoint `json:"endpoints"`
}

type endpoint struct {
	// HOST:PORT, an IP address.
	Address string `json:"address"`
	Region  string `json:"region"`
	Zone    string `json:"zone"`
	// healthy (the default), draining or unhealthy: the last two get no calls.
	Health string `json:"health"`
}

func main() {
	file := flag.String("endpoints", "endpoints.json", "the file of endpoints")
	listen := flag.String("listen", "127.0.0.1:18000", "HOST:PORT to listen on")
	flag.Parse()
	// Every client gets the same, whatever the id of its node.
	snapshots := cache.NewSnapshotCache(true, everyNode{}, nil)
	if err := publish(snapshots, *file, 1); err != nil {
		log.Fatal(err)
	}
	socket, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	go follow(snapshots, *file)
	plane := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(plane, server.NewServer(context.Background(), snapshots, nil))
	fmt.Printf("control plane ready on %s\n", socket.Addr())
	log.Fatal(plane.Serve(socket))
}

type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "every" }

func publish(snapshots cache.SnapshotCache, file string, version int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var given fleet
	if err := json.Unmarshal(text, &given); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	assignment, err := assignmentOf(given)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	snapshot, err := cache.NewSnapshot(strconv.Itoa(version), map[resource.Type][]types.Resource{
		resource.ListenerType: {listenerOf(given.Name)},
		resource.RouteType:    {routeOf(given.Name)},
		resource.ClusterType:  {clusterOf(given.Name)},
		resource.EndpointType: {assignment},
	})
	if err != nil {
		return err
	}
	return snapshots.SetSnapshot(context.Background(), "every", snapshot)
}

// Publishes the file again when it has changed. A file with a fault is logged, and the last good one stays.
func follow(snapshots cache.SnapshotCache, file string) {
	known := changedAt(file)
	for version := 2; ; version++ {
		for known.Equal(changedAt(file)) {
			time.Sleep(200 * time.Millisecond)
		}
		known = changedAt(file)
		if err := publish(snapshots, file, version); err != nil {
			log.Print(err)
		} else {
			log.Printf("published version %d", version)
		}
	}
}

func changedAt(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
