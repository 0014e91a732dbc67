import { at } from '../base/at.ts';

/** A command whose reply is still to come. */
export interface Expected {
  /** Most bytes that its reply may have. */
  readonly mostBytes: number;
  readonly sentAtMs: number;
}

/** A reply without an array has depth 0, what XREAD finds in a stream has 5. */
const deepest = 5;
/** Longest line: of an error message. The first line of other values is far shorter. */
const longestLineBytes = 1024;
/** The shortest element of an array is ":0\r\n". */
const leastElementBytes = 4;
const [plus, minus, colon, dollar, star] = [43, 45, 58, 36, 42];
const [carriageReturn, lineFeed] = [13, 10];

/**
 * Follows the replies of a connection (RESP2, https://valkey.io/topics/protocol/) and finds the
 * first byte that no honest server sends: a reply that nobody asked for, that is longer than what
 * was asked for, or that is no RESP2. The client library must not see these bytes: it allocates an
 * array of the length that the server claims, so 132 bytes of a lying server take 3 GB of memory.
 */
export class ReplyGuard {
  /** In the order of the commands. */
  readonly #expected: Expected[] = [];
  /** Elements that are still missing, of each array that is open. */
  readonly #open: number[] = [];
  /** Bytes that the reply under way may still have; undefined between replies. */
  #leftBytes: number | undefined;
  /** Bytes of a bulk string, and the line break behind it, that are still to come. */
  #bulkBytes = 0;
  #line: number[] = [];

  expect(command: Expected): void {
    this.#expected.push(command);
  }

  /** When the command was sent that has waited longest; undefined if none waits. */
  get oldestAtMs(): number | undefined {
    return this.#expected[0]?.sentAtMs;
  }

  /** What is wrong with the bytes that have come; undefined if nothing is. */
  check(bytes: Uint8Array): string | undefined {
    for (let place = 0; place < bytes.length; ) {
      if (this.#leftBytes === undefined) {
        this.#leftBytes = this.#expected[0]?.mostBytes;
      }
      if (this.#leftBytes === undefined) {
        return 'a reply to no command';
      }
      const taken = Math.min(this.#bulkBytes || 1, bytes.length - place);
      this.#leftBytes -= taken;
      if (this.#leftBytes < 0) {
        return `a reply of more than ${at(this.#expected, 0).mostBytes} bytes`;
      }
      const fault = this.#take(at(bytes, place), taken);
      if (fault !== undefined) {
        return fault;
      }
      place += taken;
    }
    return undefined;
  }

  /** The next byte of a line, or the next bytes of a bulk string. */
  #take(first: number, length: number): string | undefined {
    if (this.#bulkBytes === 0) {
      return this.#read(first);
    }
    this.#bulkBytes -= length;
    return this.#bulkBytes === 0 ? this.#endElement() : undefined;
  }

  #read(byte: number): string | undefined {
    if (byte !== lineFeed) {
      this.#line.push(byte);
      return this.#line.length > longestLineBytes ? 'a line that is too long' : undefined;
    }
    const line = this.#line;
    this.#line = [];
    return line.pop() === carriageReturn ? this.#readLine(line) : 'a line without its end';
  }

  #readLine(line: readonly number[]): string | undefined {
    const [type] = line;
    if (type === plus || type === minus || type === colon) {
      return this.#endElement();
    }
    if (type !== dollar && type !== star) {
      return 'no reply of RESP2';
    }
    const length = Number(String.fromCharCode(...line.slice(1)));
    if (!Number.isInteger(length) || length < -1 || line.length === 1) {
      return 'a length that is no number';
    }
    return type === dollar ? this.#beginBulk(length) : this.#beginArray(length);
  }

  #beginBulk(length: number): string | undefined {
    if (length === -1) {
      return this.#endElement();
    }
    this.#bulkBytes = length + 2;
    return this.#claims(this.#bulkBytes);
  }

  #beginArray(length: number): string | undefined {
    if (length <= 0) {
      return this.#endElement();
    }
    this.#open.push(length);
    return this.#open.length > deepest
      ? 'arrays in arrays in arrays'
      : this.#claims(length * leastElementBytes);
  }

  /** Before the bytes come, because the library makes room for them. */
  #claims(bytes: number): string | undefined {
    const left = this.#leftBytes;
    return left === undefined || bytes <= left
      ? undefined
      : `a reply that claims ${bytes} bytes and may have ${left} more`;
  }

  /** Never a fault: the end of an element may be the end of the arrays around it, and the reply. */
  #endElement(): string | undefined {
    for (let missing = this.#open.pop(); missing !== undefined; missing = this.#open.pop()) {
      if (missing > 1) {
        this.#open.push(missing - 1);
        return undefined;
      }
    }
    this.#expected.shift();
    this.#leftBytes = undefined;
    return undefined;
  }
}
