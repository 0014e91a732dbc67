package main

import (
	"fmt"
	"net"
	"strconv"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoints "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	router "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	manager "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	weighted "github.com/envoyproxy/go-control-plane/envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3"
	locality "github.com/envoyproxy/go-control-plane/envoy/extensions/load_balancing_policies/wrr_locality/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func listenerOf(name string) *listener.Listener {
	return &listener.Listener{Name: name, ApiListener: &listener.ApiListener{ApiListener: pack(&manager.HttpConnectionManager{
		RouteSpecifier: &manager.HttpConnectionManager_Rds{
			Rds: &manager.Rds{RouteConfigName: name, ConfigSource: ads()},
		},
		HttpFilters: []*manager.HttpFilter{{
			Name:       "router",
			ConfigType: &manager.HttpFilter_TypedConfig{TypedConfig: pack(&router.Router{})},
		}},
	})}}
}

// A server that drains or cannot be reached has not ranked the request, so its calls are tried elsewhere.
func routeOf(name string) *route.RouteConfiguration {
	return &route.RouteConfiguration{Name: name, VirtualHosts: []*route.VirtualHost{{
		Name:    name,
		Domains: []string{"*"},
		Routes: []*route.Route{{
			Match: &route.RouteMatch{PathSpecifier: &route.RouteMatch_Prefix{Prefix: ""}},
			Action: &route.Route_Route{Route: &route.RouteAction{
				ClusterSpecifier: &route.RouteAction_Cluster{Cluster: name},
				RetryPolicy: &route.RetryPolicy{
					RetryOn:    "unavailable",
					NumRetries: wrapperspb.UInt32(4),
					RetryBackOff: &route.RetryPolicy_RetryBackOff{
						BaseInterval: durationpb.New(50 * time.Millisecond),
						MaxInterval:  durationpb.New(time.Second),
					},
				},
			}},
		}},
	}}}
}

// Zones get calls by the number of their servers, and the servers of a zone by the weights of their load reports.
func clusterOf(name string) *cluster.Cluster {
	byReports := &weighted.ClientSideWeightedRoundRobin{
		EnableOobLoadReport: wrapperspb.Bool(true),
		OobReportingPeriod:  durationpb.New(time.Second),
		BlackoutPeriod:      durationpb.New(time.Second),
		WeightUpdatePeriod:  durationpb.New(time.Second),
	}
	return &cluster.Cluster{
		Name:                 name,
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
		EdsClusterConfig:     &cluster.Cluster_EdsClusterConfig{EdsConfig: ads()},
		LoadBalancingPolicy:  policy("wrr_locality", &locality.WrrLocality{EndpointPickingPolicy: policy("weighted", byReports)}),
		OutlierDetection: &cluster.OutlierDetection{
			// Refusals for load are failures to gRPC. Only a server that fails nearly every call is ejected, and servers
			// are not compared with each other, or an overload would take out servers that work.
			Interval:                       durationpb.New(time.Second),
			BaseEjectionTime:               durationpb.New(5 * time.Second),
			MaxEjectionTime:                durationpb.New(time.Minute),
			MaxEjectionPercent:             wrapperspb.UInt32(50),
			FailurePercentageThreshold:     wrapperspb.UInt32(90),
			EnforcingFailurePercentage:     wrapperspb.UInt32(100),
			FailurePercentageMinimumHosts:  wrapperspb.UInt32(2),
			FailurePercentageRequestVolume: wrapperspb.UInt32(20),
			EnforcingSuccessRate:           wrapperspb.UInt32(0),
		},
		CircuitBreakers: &cluster.CircuitBreakers{Thresholds: []*cluster.CircuitBreakers_Thresholds{
			{MaxRequests: wrapperspb.UInt32(20_000)},
		}},
	}
}

func policy(name string, settings proto.Message) *cluster.LoadBalancingPolicy {
	return &cluster.LoadBalancingPolicy{Policies: []*cluster.LoadBalancingPolicy_Policy{{
		TypedExtensionConfig: &core.TypedExtensionConfig{Name: name, TypedConfig: pack(settings)},
	}}}
}

func assignmentOf(given fleet) (*endpoints.ClusterLoadAssignment, error) {
	zones := map[string]*endpoints.LocalityLbEndpoints{}
	found := &endpoints.ClusterLoadAssignment{ClusterName: given.Name}
	for _, one := range given.Endpoints {
		host, port, err := net.SplitHostPort(one.Address)
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || net.ParseIP(host) == nil {
			return nil, fmt.Errorf("the endpoint '%s' is not an IP address with a port", one.Address)
		}
		health, err := healthOf(one.Health)
		if err != nil {
			return nil, err
		}
		zone, known := zones[one.Region+"/"+one.Zone]
		if !known {
			zone = &endpoints.LocalityLbEndpoints{
				Locality:            &core.Locality{Region: one.Region, Zone: one.Zone},
				LoadBalancingWeight: wrapperspb.UInt32(0),
			}
			zones[one.Region+"/"+one.Zone] = zone
			found.Endpoints = append(found.Endpoints, zone)
		}
		if health == core.HealthStatus_HEALTHY {
			zone.LoadBalancingWeight.Value++
		}
		zone.LbEndpoints = append(zone.LbEndpoints, &endpoints.LbEndpoint{
			HealthStatus: health,
			HostIdentifier: &endpoints.LbEndpoint_Endpoint{Endpoint: &endpoints.Endpoint{Address: &core.Address{
				Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
					Address:       host,
					PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(number)},
				}},
			}}},
		})
	}
	return found, nil
}

func healthOf(text string) (core.HealthStatus, error) {
	switch text {
	case "", "healthy":
		return core.HealthStatus_HEALTHY, nil
	case "draining":
		return core.HealthStatus_DRAINING, nil
	case "unhealthy":
		return core.HealthStatus_UNHEALTHY, nil
	}
	return 0, fmt.Errorf("the health '%s' is none of healthy, draining, unhealthy", text)
}

func ads() *core.ConfigSource {
	return &core.ConfigSource{
		ResourceApiVersion:    core.ApiVersion_V3,
		ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}},
	}
}

func pack(message proto.Message) *anypb.Any {
	packed, err := anypb.New(message)
	if err != nil {
		panic(err)
	}
	return packed
}
