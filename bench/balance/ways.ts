import { readFileSync } from 'node:fs';
import { at } from '../../src/base/at.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';

/** A way to spread calls: a client, and its policy or that of a proxy in front of the servers. */
export interface Way {
  readonly name: string;
  readonly client: 'grpc-js' | 'grpc-go' | 'Envoy';
  readonly policy: string;
  /** The channel's service config, as JSON. */
  readonly serviceConfig: string;
  /** Set for the ways through Envoy. */
  readonly envoy?: 'least_request' | 'client_side_weighted_round_robin' | 'round_robin';
}

type Json = Readonly<Record<string, unknown>>;

interface ServiceConfig {
  readonly loadBalancingConfig: readonly Json[];
}

/** The config that we advise: its first policy is weighted_round_robin with reports out of band. */
function advised(): ServiceConfig {
  const file = projectFolder('deploy/client-service-config.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ServiceConfig;
}

/** The advised policy with reports in trailers of calls, by the names of gRFC A58 and grpc-js. */
function withReportsOfCalls(): Json {
  const [policy] = advised().loadBalancingConfig;
  const settings = { ...(policy?.['weighted_round_robin'] as Json) };
  const off = { enableOobLoadReport: false, enable_oob_load_report: false };
  return { weighted_round_robin: { ...settings, ...off } };
}

function withPolicy(policy: Json): string {
  return JSON.stringify({ ...advised(), loadBalancingConfig: [policy] });
}

/** Every way that is compared. */
export function allWays(): readonly Way[] {
  const policies: readonly (readonly [string, Json])[] = [
    ['pick_first', { pick_first: {} }],
    ['round_robin', { round_robin: {} }],
    ['weighted_round_robin, reports of calls', withReportsOfCalls()],
    ['weighted_round_robin, reports out of band', at(advised().loadBalancingConfig, 0)],
    ['least_request', { least_request_experimental: { choiceCount: 2 } }],
  ];
  // grpc-js has no least_request.
  const direct = (['grpc-js', 'grpc-go'] as const).flatMap((client) =>
    policies
      .filter(([policy]) => client === 'grpc-go' || policy !== 'least_request')
      .map(([policy, config]) => way(client, policy, { serviceConfig: withPolicy(config) })),
  );
  const serviceConfig = withPolicy({ pick_first: {} });
  const proxied = (
    ['round_robin', 'least_request', 'client_side_weighted_round_robin'] as const
  ).map((envoy) => way('Envoy', envoy, { serviceConfig, envoy }));
  return [...direct, ...proxied];
}

function way(
  client: Way['client'],
  policy: string,
  rest: Pick<Way, 'serviceConfig' | 'envoy'>,
): Way {
  return { name: `${client} ${policy}`, client, policy, ...rest };
}
