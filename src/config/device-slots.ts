/** The place where one replica runs. Several slots may share a device (`cuda:0#1`). */
export interface DeviceSlot {
  /** "cpu#0", "cuda:0", "cuda:0#1" */
  readonly name: string;
  readonly provider: 'cpu' | 'cuda';
  /** Index among the provider's devices; 0 for cpu. */
  readonly deviceId: number;
  /** ONNX Runtime intra-op threads of this slot. */
  readonly threads: number;
  /** Set for 'cuda:0', which leaves the number of slots on that GPU to the server. */
  readonly isUncounted?: true;
}

const syntax =
  "'cpu:SLOTS', 'cpu:SLOTSxTHREADS', 'cuda:INDEX' or 'cuda:INDEX*SLOTS', with commas between";
const mostCpu = 256;
const mostCudaIndex = 63;
const mostSlotsOfOneGpu = 8;

/**
 * Parses a list of device slots: `cpu:2` (two slots of one thread), `cpu:2x4` (two of four
 * threads), `cuda:0,cuda:1*2`.
 *
 * @throws Error naming the wrong part and what is allowed.
 */
export function parseDeviceSlots(text: string): readonly DeviceSlot[] {
  const parts = text.split(',').map((part) => part.trim());
  const slots = parts.flatMap(parsePart);
  const names = slots.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) {
    throw new Error(
      `${twice} is listed twice; list a device once, with its number of slots: 'cpu:2', 'cuda:0*2'`,
    );
  }
  assertOneKind(parts);
  return slots;
}

/** The provider of slots, which are all of one kind; `cpu` for none. */
export function providerOf(slots: readonly Pick<DeviceSlot, 'provider'>[]): DeviceSlot['provider'] {
  return slots.some(({ provider }) => provider === 'cuda') ? 'cuda' : 'cpu';
}

/** The reason is in docs/decisions/mixed-pool.md. */
function assertOneKind(parts: readonly string[]): void {
  const [cpu, cuda] = ['cpu:', 'cuda:'].map((kind) =>
    parts.filter((part) => part.startsWith(kind)).join(','),
  );
  if (cpu && cuda) {
    throw new Error(
      `cpu and cuda slots are mixed; a server has slots of one kind, so that a score does not depend on where its candidate ran. Start two servers, one with ${cpu} and one with ${cuda}`,
    );
  }
}

/**
 * `count` slots like the given ones: on CPU with the threads of the first, on CUDA spread evenly
 * over the same devices.
 *
 * @throws Error with what is allowed.
 */
export function likeSlots(slots: readonly DeviceSlot[], count: number): readonly DeviceSlot[] {
  const [first] = slots;
  const isCuda = first?.provider === 'cuda';
  const devices = [...new Set(slots.map(({ deviceId }) => deviceId))];
  const most = isCuda ? devices.length * mostSlotsOfOneGpu : mostCpu;
  if (count < 1 || count > most) {
    throw new Error(`${count} replicas; allowed 1 to ${most}`);
  }
  if (!isCuda) {
    return parseDeviceSlots(`cpu:${count}x${first?.threads ?? 1}`);
  }
  const shares = devices.map(
    (device, place) =>
      [device, Math.floor((count + devices.length - 1 - place) / devices.length)] as const,
  );
  const used = shares.filter(([, share]) => share > 0);
  return parseDeviceSlots(used.map(([device, share]) => `cuda:${device}*${share}`).join(','));
}

/** Puts `count` slots on each GPU whose number of slots was left to the server. */
export function countSlots(slots: readonly DeviceSlot[], count: number): readonly DeviceSlot[] {
  return slots.flatMap((slot) =>
    slot.isUncounted === true
      ? cudaSlots(`cuda:${slot.deviceId}*${count}`, slot.deviceId, count)
      : [slot],
  );
}

function parsePart(part: string): DeviceSlot[] {
  const cpu = /^cpu:(\d{1,3})(?:x(\d{1,3}))?$/.exec(part);
  if (cpu !== null) {
    const [, count, threads = 1] = cpu;
    return cpuSlots(part, Number(count), Number(threads));
  }
  const cuda = /^cuda:(\d{1,3})(?:\*(\d{1,3}))?$/.exec(part);
  if (cuda !== null) {
    const [, index, count] = cuda;
    const slots = cudaSlots(part, Number(index), Number(count ?? 1));
    return count === undefined ? slots.map((slot) => ({ ...slot, isUncounted: true })) : slots;
  }
  throw new Error(`'${part}' is not a device slot; allowed: ${syntax}`);
}

function cpuSlots(part: string, count: number, threads: number): DeviceSlot[] {
  assertWithin(part, 'slots', count, [1, mostCpu]);
  assertWithin(part, 'threads', threads, [1, mostCpu]);
  return Array.from({ length: count }, (_, place) => ({
    name: `cpu#${place}`,
    provider: 'cpu',
    deviceId: 0,
    threads,
  }));
}

function cudaSlots(part: string, deviceId: number, count: number): DeviceSlot[] {
  assertWithin(part, 'device index', deviceId, [0, mostCudaIndex]);
  assertWithin(part, 'slots', count, [1, mostSlotsOfOneGpu]);
  return Array.from({ length: count }, (_, place) => ({
    name: place === 0 ? `cuda:${deviceId}` : `cuda:${deviceId}#${place}`,
    provider: 'cuda',
    deviceId,
    threads: 1,
  }));
}

function assertWithin(
  part: string,
  what: string,
  found: number,
  [least, most]: readonly [number, number],
) {
  if (found < least || found > most) {
    throw new Error(`'${part}': ${what} ${found}; allowed ${least} to ${most}`);
  }
}
