import { counter, gauge, type MetricSpec } from './metric-spec.ts';

const none = {};

/** What servers share through Valkey, read when the metrics are asked for. */
export const fleetMetrics = {
  slmrank_valkey_connected: gauge('1 while there is a connection to the Valkey server.', none),
  slmrank_valkey_breaker_open: gauge(
    '1 while the Valkey server is left alone, because it did not answer.',
    none,
  ),
  slmrank_fleet_scores_hits_total: counter('Scores that another server had published.', none),
  slmrank_fleet_scores_misses_total: counter('Scores that no server had published.', none),
  slmrank_fleet_scores_bad_total: counter(
    'Values that were not used, because no server of the fleet has written them there.',
    none,
  ),
  slmrank_fleet_scores_written_total: counter('Scores published for other servers.', none),
  slmrank_fleet_scores_dropped_total: counter('Scores that could not be published.', none),
  slmrank_items_shared_taken_total: counter('Items and deletes taken from other servers.', none),
  slmrank_items_shared_refused_total: counter('Items of others without room here.', none),
  slmrank_items_shared_behind: gauge('Changes to be taken; -1 while all are compared.', none),
  slmrank_items_shared_waiting: gauge('Changes that wait to be sent to other servers.', none),
  slmrank_items_shared_bad_total: counter('Answers about items that no server has written.', none),
  slmrank_items_shared_walks_total: counter('Comparisons of all items with Valkey.', none),
} as const satisfies Record<string, MetricSpec>;
