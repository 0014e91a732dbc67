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
/** The file may hold a long chat template. */
const configLimits = { bytes: 4 * 1024 * 1024, depth: 16 };

/**
 * The token that a checkpoint's own tokenizer puts before every text (BOS), or undefined if it puts
 * none. It is read from the given tokenizer.json and the tokenizer_config.json beside it, or from
 * the metadata of a GGUF file. Our templates write the token themselves, so the build compares them
 * with it and warns.
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

/** Reads the metadata. Without the key, llama.cpp's default for the pre-tokenizer decides. */
export function startOfGguf(gguf: DescribedFile): StartToken | undefined {
  const key = 'tokenizer.ggml.add_bos_token';
  const declared = findBoolean(gguf, key);
  const pre = findString(gguf, 'tokenizer.ggml.pre') ?? '';
  const id = findNumber(gguf, 'tokenizer.ggml.bos_token_id');
  const token = id === undefined ? undefined : findStrings(gguf, 'tokenizer.ggml.tokens')?.[id];
  if (!(declared ?? findSplitter(pre)?.gguf?.addBos ?? false) || token === undefined) {
    return undefined;
  }
  return { token, saidBy: declared === undefined ? `tokenizer.ggml.pre ${pre}` : key };
}

/**
 * `tokenizer` is the text of a tokenizer.json, which must be JSON. `config` is the content of the
 * tokenizer_config.json beside it, if there is one.
 */
export function startOfFiles(
  tokenizer: string,
  config: Buffer | undefined,
): StartToken | undefined {
  const fields = config && parseJsonObject(config, configFile, configLimits.depth);
  const declared = fields?.get('add_bos_token');
  if (declared === false) {
    return undefined;
  }
  const { post_processor: processor } = JSON.parse(tokenizer) as { post_processor?: unknown };
  const token = (declared === true && contentOf(fields?.get('bos_token'))) || firstOf(processor);
  const saidBy = declared === true ? `add_bos_token of ${configFile}` : 'its post_processor';
  return token === undefined ? undefined : { token, saidBy };
}

async function readConfig(folder: string): Promise<Buffer | undefined> {
  const path = join(folder, configFile);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= configLimits.bytes ? readFile(path) : undefined;
}

/** The text of a token: a tokenizer_config.json has the text, or an object with `content`. */
function contentOf(token: unknown): string | undefined {
  const text = typeof token === 'string' ? token : (token as { content?: unknown } | null)?.content;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** The first token that a tokenizer.json's post-processor writes. */
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
