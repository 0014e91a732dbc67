import { gauge, type MetricSpec } from './metric-spec.ts';

const none = {};

/**
 * The names by which llm-d's endpoint picker finds a Triton server's queue and its running requests
 * (llm-d-router #1207). Triton's own `nv_inference_exec_count` counts runs; the picker takes it for
 * a gauge, and so it is one here.
 */
export const aliasMetrics = {
  nv_inference_pending_request_count: gauge('Requests that are waiting for a replica.', none),
  nv_inference_exec_count: gauge('Requests whose last candidates are with a replica.', none),
} as const satisfies Record<string, MetricSpec>;
