import { isUtf8 } from 'node:buffer';
import { at } from '../../../base/at.ts';
import { messageOf } from '../../../base/errors.ts';
import { invalidRequest } from '../../../desk/violations.ts';

export interface JsonLimits {
  /** Most values in a body: members of objects and elements of lists. */
  readonly values: number;
  /** Most objects and lists inside each other. */
  readonly depth: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/**
 * Parses a JSON body whose number of values is limited before any of them is made: a hostile body
 * of 8 MB could have millions, and each would become an object.
 *
 * @throws RankError `invalid-argument`
 */
export function parseJsonBody(bytes: Buffer, limits: JsonLimits): unknown {
  if (!isUtf8(bytes)) {
    refuse('is not UTF-8');
  }
  assertStructure(bytes, limits);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    refuse(`is not JSON: ${clean(messageOf(error))}`);
  }
}

function assertStructure(bytes: Buffer, { values, depth }: JsonLimits): void {
  let found = 0;
  let level = 0;
  for (let place = 0; place < bytes.length; place++) {
    const byte = at(bytes, place);
    if (byte === quote) {
      place = endOfText(bytes, place);
    } else if (byte === comma) {
      found += 1;
    } else if (byte === openList || byte === openObject) {
      found += 1;
      level += 1;
    } else if (byte === closeList || byte === closeObject) {
      level -= 1;
    }
    if (level > depth) {
      refuse(`has more than ${depth} objects and lists inside each other`);
    }
    if (found > values) {
      refuse(`has more than ${values} values`);
    }
  }
}

/** The place of the closing quotation mark, or the end if there is none. */
function endOfText(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(quote, start + 1); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === backslash) {
      slashes += 1;
    }
    if (slashes % 2 === 0) {
      return end;
    }
  }
  return bytes.length;
}

/** The parser's message quotes the body, which may have any characters. */
function clean(message: string): string {
  return message.slice(0, 120).replace(/[^ -~]/g, '_');
}

function refuse(description: string): never {
  throw invalidRequest([{ field: 'body', description }]);
}
