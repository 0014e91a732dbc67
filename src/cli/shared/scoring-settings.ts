/**
 * The environment's settings for scoring in this process. The queue's limits are too high to be
 * reached, because no request may be rejected here. Options override variables.
 */
export function scoringSettings(
  { model, devices }: { readonly model: string | undefined; readonly devices: string | undefined },
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return {
    ...env,
    SLMRANK_LINGER_MS: '0',
    SLMRANK_QUEUED_CANDIDATES: '10000000',
    SLMRANK_QUEUED_TOKENS: '2000000000',
    SLMRANK_MAX_CALL_MS: '3600000',
    ...(model === undefined ? {} : { SLMRANK_MODEL: model }),
    ...(devices === undefined ? {} : { SLMRANK_DEVICES: devices }),
  };
}
