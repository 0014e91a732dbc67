import { isUtf8 } from 'node:buffer';
import { CheckpointFile } from './checkpoint-file.ts';
import { quote, refuse, within } from './checkpoint.ts';

/** An object of a parsed JSON document. */
export type JsonObject = ReadonlyMap<string, unknown>;

interface JsonLimits {
  readonly bytes: number;
  /** Levels of nested objects and arrays. */
  readonly depth: number;
}

/** A config.json or adapter_config.json is flat except for lists and rope parameters. */
const configLimits: JsonLimits = { bytes: 1024 * 1024, depth: 8 };

/** Reads a whole JSON file that holds an object. @throws CheckpointError */
export async function readJsonFile(path: string, limits = configLimits): Promise<JsonObject> {
  const file = await CheckpointFile.open(path);
  try {
    if (file.bytes > limits.bytes) {
      refuse(file.name, 'the size', file.bytes, `at most ${limits.bytes} bytes`);
    }
    return parseJsonObject(file.readNow(0, file.bytes), file.name, limits.depth);
  } finally {
    await file.close();
  }
}

/**
 * Parses an object more strictly than JSON.parse, which keeps the last of two equal keys and builds
 * any depth: equal keys and deep nesting are refused before anything is built.
 *
 * @throws CheckpointError
 */
export function parseJsonObject(bytes: Buffer, where: string, maxDepth: number): JsonObject {
  if (!isUtf8(bytes)) {
    refuse(where, 'the text', 'not UTF-8', 'JSON in UTF-8');
  }
  const text = bytes.toString('utf8');
  try {
    assertPlain(text, where, maxDepth);
    return asObject(JSON.parse(text), where);
  } catch (error) {
    if (error instanceof SyntaxError) {
      refuse(where, 'the text', error.message, 'JSON');
    }
    throw error;
  }
}

export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(where, 'the value', value, 'a JSON object');
  }
  return new Map<string, unknown>(Object.entries(value));
}

/** Checks brackets and keys only; JSON.parse finds every other fault. */
function assertPlain(text: string, where: string, maxDepth: number): void {
  /** Keys seen in each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = findStringEnd(text, at);
      if (isKeyNext) {
        addKey(open.at(-1), text.slice(at, end + 1), where);
      }
      isKeyNext = false;
      at = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      isKeyNext = character === '{';
      if (open.length > maxDepth) {
        refuse(where, 'the nesting depth', open.length, `at most ${maxDepth}`);
      }
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',') {
      isKeyNext = open.at(-1) !== undefined;
    }
  }
}

/** The index of the closing quote, or the length of the text if there is none. */
function findStringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') {
      return at;
    }
    if (text[at] === '\\') {
      at++;
    }
  }
  return text.length;
}

function addKey(keys: Set<string> | undefined, written: string, where: string): void {
  const key = written.includes('\\') ? String(JSON.parse(written)) : written.slice(1, -1);
  if (keys?.has(key)) {
    refuse(within(where, `key ${quote(key)}`), 'the key', 'repeated', 'each key once');
  }
  keys?.add(key);
}
