import { afterEach, beforeEach, jest } from '@jest/globals';

/** What the test that runs has written so far; may be emptied within it. */
export interface CapturedOutput {
  stdout: string;
  stderr: string;
}

/** Captures standard output and standard error in each test of the file. */
export function captureOutput(): CapturedOutput {
  const captured: CapturedOutput = { stdout: '', stderr: '' };
  beforeEach(() => {
    for (const name of ['stdout', 'stderr'] as const) {
      captured[name] = '';
      jest.spyOn(process[name], 'write').mockImplementation((text) => {
        captured[name] += String(text);
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  return captured;
}
