/** The caller's span, from the header `traceparent` of W3C Trace Context. */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly flags: number;
}

const known = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Undefined when the header is absent or malformed: a new trace then begins here (W3C Trace Context
 * 3.2.2.3, 4.2).
 */
export function findTraceParent(header: string | undefined): TraceParent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = known.exec(header ?? '') ?? [];
  const isVersion = version !== undefined && version !== 'ff';
  // Version 00 has nothing after the flags. Later versions may.
  const isWhole = version !== '00' || rest === undefined;
  const isZero = /^0+$/.test(traceId) || /^0+$/.test(spanId);
  return isVersion && isWhole && !isZero
    ? { traceId, spanId, flags: Number.parseInt(flags, 16) }
    : undefined;
}
