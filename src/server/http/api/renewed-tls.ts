/** The PEM files of TLS, for servers that are not gRPC's. */
export interface RenewedTls {
  material(): TlsMaterial;
  /** Registers a callback for when the files have been read again. */
  onRenewed(renewed: (material: TlsMaterial) => void): void;
}

export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly clientCa: Buffer | undefined;
}
