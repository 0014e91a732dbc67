import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/**
 * A certificate made in code (X.509, RFC 5280, in DER), so that the repository has no private key.
 */
export interface Issued {
  readonly certPem: string;
  readonly keyPem: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface Wish {
  readonly name: string;
  /** Subject alternative names; DNS, URI. */
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  /** Of IPv4. */
  readonly addresses?: readonly string[];
  /** Whose signature; its own when absent, which makes it an authority. */
  readonly issuer?: Issued;
  readonly validDays?: number;
}

export function issueCertificate({
  name,
  dns = [],
  uris = [],
  addresses = [],
  issuer,
  validDays = 365,
}: Wish): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const untilMs = Date.now() + validDays * 86_400_000;
  const names = [
    ...dns.map((text) => der(0x82, Buffer.from(text))),
    ...uris.map((text) => der(0x86, Buffer.from(text))),
    ...addresses.map((text) => der(0x87, Buffer.from(text.split('.').map(Number)))),
  ];
  const extensions = [
    ...(issuer === undefined
      ? [extension('551d13', der(0x30, der(0x01, Buffer.from([0xff]))))]
      : []),
    ...(names.length > 0 ? [extension('551d11', der(0x30, ...names))] : []),
  ];
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    der(0x30, time(Math.min(Date.now(), untilMs) - 86_400_000), time(untilMs)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, der(0x30, ...extensions))] : []),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const whole = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    certPem: pem('CERTIFICATE', whole),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name,
    privateKey,
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  const prefix =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...prefix]), content]);
}

/** ecdsa-with-SHA256 */
const algorithm = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function distinguishedName(commonName: string): Buffer {
  const value = der(0x0c, Buffer.from(commonName));
  return der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from('550403', 'hex')), value)));
}

function extension(oid: string, value: Buffer): Buffer {
  return der(0x30, der(0x06, Buffer.from(oid, 'hex')), der(0x04, value));
}

/** GeneralizedTime */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(digits));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
