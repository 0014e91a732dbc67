import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StartToken } from '../../model/manifest.ts';
import { findSplitter } from '../../text/tokenizer/split-pattern.ts';
import { openGguf } from '../gguf/gguf.ts';
import {
  type DescribedFile,
  findBoolean,
  findNumber,
  findString,
  findStrings,
} from '../gguf/metadata.ts';
import { parseJsonObject } from '../files/limited-json.ts';

const configFile = 'tokenizer_config.json';
/** A chat template may be long. */
const configLimits = { bytes: 4 * 1024 * 1024, depth: 16 };

/**
 * The token that a checkpoint's own tokenizer puts before every text (BOS), by the tokenizer.json that is taken and the
 * tokenizer_config.json beside it, or by a GGUF file's metadata; undefined when it puts none. Our templates say
 * themselves whether one stands there: this is what they are compared with.
 */
export async function findStartToken(
  from: string,
  tokenizer: string | undefined,
): Promise<StartToken | undefined> {
  if (tokenizer === undefined && (await stat(from)).isFile()) {
    const gguf = await openGguf(from);
    await gguf.close();
    return startOfGguf(gguf);
  }
  const path = tokenizer ?? join(from, 'tokenizer.json');
  return startOfFiles(await readFile(path, 'utf8'), await readConfig(dirname(path)));
}

/** By the metadata, or by what llama.cpp takes for granted of the pre-tokenizer. */
export function startOfGguf(gguf: DescribedFile): StartToken | undefined {
  const key = 'tokenizer.ggml.add_bos_token';
  const said = findBoolean(gguf, key);
  const pre = findString(gguf, 'tokenizer.ggml.pre') ?? '';
  const id = findNumber(gguf, 'tokenizer.ggml.bos_token_id');
  const token = id === undefined ? undefined : findStrings(gguf, 'tokenizer.ggml.tokens')?.[id];
  if (!(said ?? findSplitter(pre)?.gguf?.addBos ?? false) || token === undefined) {
    return undefined;
  }
  return { token, saidBy: said === undefined ? `tokenizer.ggml.pre ${pre}` : key };
}

/** The texts of a tokenizer.json, which must be JSON, and of the tokenizer_config.json beside it, if there is one. */
export function startOfFiles(
  tokenizer: string,
  config: Buffer | undefined,
): StartToken | undefined {
  const fields = config && parseJsonObject(config, configFile, configLimits.depth);
  const said = fields?.get('add_bos_token');
  if (said === false) {
    return undefined;
  }
  const { post_processor: processor } = JSON.parse(tokenizer) as { post_processor?: unknown };
  const token = (said === true && contentOf(fields?.get('bos_token'))) || firstOf(processor);
  return token === undefined
    ? undefined
    : { token, saidBy: said === true ? `add_bos_token of ${configFile}` : 'its post_processor' };
}

async function readConfig(folder: string): Promise<Buffer | undefined> {
  const path = join(folder, configFile);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= configLimits.bytes ? readFile(path) : undefined;
}

/** A token as tokenizer_config.json has it: text, or an object with it. */
function contentOf(token: unknown): string | undefined {
  const text = typeof token === 'string' ? token : (token as { content?: unknown } | null)?.content;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** What a tokenizer.json's post-processor puts first. */
function firstOf(processor: unknown): string | undefined {
  const { type, ...fields } = (processor ?? {}) as Readonly<Record<string, unknown>>;
  switch (type) {
    case 'Sequence':
      return listOf(fields['processors']).map(firstOf).find(Boolean);
    case 'TemplateProcessing': {
      const [piece] = listOf(fields['single']) as { SpecialToken?: { id?: unknown } }[];
      return contentOf(piece?.SpecialToken?.id);
    }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return contentOf(listOf(fields['cls'])[0]);
    default:
      return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
