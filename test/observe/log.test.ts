import { describe, expect, test } from '@jest/globals';
import { createLog, LineWriter } from '../../src/observe/log.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A disk with room for the given number of bytes. */
class Disk {
  text = '';
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  write(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.room);
    if (taken.length === 0) {
      throw systemError('ENOSPC');
    }
    this.room -= taken.length;
    this.text += Buffer.from(taken).toString();
    return taken.length;
  }
}

describe('log lines on a disk that is full', () => {
  test('are dropped and counted; the first line with room again is whole, and the count follows', () => {
    const disk = new Disk(14);
    const lines = new LineWriter((bytes) => disk.write(bytes));
    ['one one\n', 'two two\n', 'three\n'].forEach((line) => lines.write(line));
    expect([disk.text, lines.dropped]).toEqual(['one one\ntwo tw', 2]);
    disk.room = 1000;
    lines.write('four\n');
    const [cut, four, told, rest] = disk.text.slice(8).split('\n');
    expect([cut, four, rest]).toEqual(['two tw', 'four', '']);
    expect(JSON.parse(told ?? '')).toMatchObject({
      level: 40,
      dropped: 2,
      msg: 'log lines could not be written',
    });
    lines.write('five\n');
    expect(disk.text.endsWith('}\nfive\n')).toBe(true);
    expect(lines.dropped).toBe(2);
  });

  test('do not stop later lines', () => {
    const disk = new Disk(0);
    const lines = new LineWriter((bytes) => disk.write(bytes));
    const log = createLog('info', lines);
    log.info('lost');
    log.debug('not asked for');
    disk.room = 1000;
    log.info({ replica: 'cpu#0' }, 'kept');
    const [first = ''] = disk.text.split('\n');
    expect(JSON.parse(first)).toMatchObject({ msg: 'kept' });
    expect(lines.dropped).toBe(1);
  });
});

test('a pipe that is full for a moment loses no line, and a pipe without a reader is given up', () => {
  let attempts = 0;
  let written = '';
  const lines = new LineWriter((bytes) => {
    attempts += 1;
    if (attempts < 3) {
      throw systemError('EAGAIN');
    }
    written += Buffer.from(bytes).toString();
    return bytes.length;
  });
  lines.write('late\n');
  expect([written, lines.dropped]).toEqual(['late\n', 0]);
  attempts = -100;
  lines.write('never\n');
  expect([written, lines.dropped, attempts]).toEqual(['late\n', 1, -90]);
});
