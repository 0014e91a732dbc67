import type { Config, DeviceSlot } from '../../config/config.ts';
import { likeSlots, parseDeviceSlots } from '../../config/device-slots.ts';
import { messageOf, RankError } from '../../base/errors.ts';
import type { WireSetReplicasRequest } from '../../proto/generated/slmrank/v1/SetReplicasRequest.ts';

/** The parsers of admin requests. All throw RankError `invalid-argument` with the field. */

export type LogLevel = Config['logLevel'];

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
const reasonLength = 200;
const folderLength = 4096;

export function parseReplicaTarget(
  { target, devices, count }: WireSetReplicasRequest,
  slots: readonly DeviceSlot[],
): readonly DeviceSlot[] {
  if (target === 'devices') {
    return attempt('devices', () => parseDeviceSlots(devices ?? ''));
  }
  if (target === 'count') {
    return attempt('count', () => likeSlots(slots, count ?? 0));
  }
  throw invalid('target', 'is missing: devices or count');
}

export function parseSlot(slot: string): string {
  if (slot === '') {
    throw invalid('slot', "is empty; a device slot such as 'cpu#0' is needed");
  }
  return slot;
}

export function parseReason(reason: string): string {
  if (reason.length > reasonLength) {
    throw invalid('reason', `has ${reason.length} characters; at most ${reasonLength}`);
  }
  return reason === '' ? 'by an operator' : reason;
}

export function parseFolder(folder: string): string {
  if (folder === '' || folder.length > folderLength || folder.includes('\0')) {
    throw invalid(
      'folder',
      `has to be the built model's folder, a path of 1 to ${folderLength} characters without NUL`,
    );
  }
  return folder;
}

export function parseLogLevel(level: string): LogLevel {
  const known = logLevels.find((one) => one === level);
  if (known === undefined) {
    throw invalid('level', `'${level.slice(0, 40)}' is unknown; allowed: ${logLevels.join(', ')}`);
  }
  return known;
}

function attempt<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw invalid(field, messageOf(error));
  }
}

function invalid(field: string, description: string): RankError {
  return new RankError('invalid-argument', `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}
