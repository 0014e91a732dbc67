/** The caller's span, as W3C Trace Context writes it in the header `traceparent`. */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly flags: number;
}

const known = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for what is absent or malformed: a trace then begins here (W3C Trace Context 3.2.2.3, 4.2). */
export function findTraceParent(header: string | undefined): TraceParent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = known.exec(header ?? '') ?? [];
  const isVersion = version !== undefined && version !== 'ff';
  // Version 00 has nothing after the flags; later ones may.
  const isWhole = version !== '00' || rest === undefined;
  const isZero = /^0+$/.test(traceId) || /^0+$/.test(spanId);
  return isVersion && isWhole && !isZero
    ? { traceId, spanId, flags: Number.parseInt(flags, 16) }
    : undefined;
}
