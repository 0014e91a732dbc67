export const chaosChannel = 'slmrank-chaos';

/**
 * `idle`: the thread ends at once, between two runs. `busy`: it ends when it receives its next
 * batch, before running it, so that the batch is lost.
 */
export interface Death {
  readonly slot: string;
  readonly when: 'idle' | 'busy';
}
