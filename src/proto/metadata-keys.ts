/**
 * Metadata of a call, and header of HTTP. In a request: the score fingerprint of the only model
 * that may answer it, by which proxies can route. In an HTTP answer: that of the model that ranked.
 */
export const fingerprintKey = 'slmrank-score-fingerprint';
