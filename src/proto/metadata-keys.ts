/**
 * Metadata of a call, and header of HTTP: in a request, the score fingerprint of the only model that
 * may answer it, by which proxies can route; in an HTTP answer, that of the model that gave it.
 */
export const fingerprintKey = 'slmrank-score-fingerprint';
