/** The client behind a request. */
export interface Caller {
  /** The name that fair shares and quotas count by; empty when the client gave none. */
  readonly client: string;
  /** W3C trace context as received. */
  readonly traceparent: string | undefined;
  /** The score fingerprint that the call's metadata wants, if it wants one. */
  readonly pin?: string;
}

/** Client names are kept in maps, metric labels and logs, so their length is bounded. */
const maxClientCharacters = 256;
/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The caller as it names itself, or as the front door has named it. A malformed trace context
 * counts as absent, as its specification demands.
 */
export function parseCaller(client = '', traceparent?: string, pin = ''): Caller {
  return {
    client: toClientName(client),
    traceparent:
      traceparent !== undefined && traceparentForm.test(traceparent) ? traceparent : undefined,
    ...(pin === '' ? {} : { pin }),
  };
}

/** A client's name cut to the longest allowed; '_' replaces all but printable ASCII. */
export function toClientName(name: string): string {
  return name.slice(0, maxClientCharacters).replace(/[^ -~]/g, '_');
}
