/**
 * The network that an address counts for: an IPv4 address by itself, an IPv6 address with its /64,
 * the least that a provider assigns to one customer.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) {
    return 'unknown';
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) {
    return mapped ?? address;
  }
  const [head = '', tail = ''] = address.split('%', 1).join().split('::');
  const given = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - given.length - after.length) }, () => '0');
  return `${[...given, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
