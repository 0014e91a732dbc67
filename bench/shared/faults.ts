import {
  bomb,
  flipped,
  garbage,
  hangUp,
  huge,
  type Lie,
  mistyped,
  type Proxy,
  swapped,
} from './proxy.ts';

/** What can be done to the Valkey that the servers share. */
export interface Hands {
  readonly proxy: Proxy;
  readonly kill: () => Promise<void>;
  /** Empty, on the same port. */
  readonly restart: () => Promise<void>;
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Bytes of memory that it may use; 0 for no limit. */
  readonly limit: (bytes: number) => Promise<void>;
}

export interface Fault {
  readonly name: string;
  begin(hands: Hands): Promise<void> | void;
  /** Undefined: `Proxy.mend` is enough. */
  end?(hands: Hands): Promise<void> | void;
}

const lie = (name: string, how: Lie): Fault => ({
  name,
  begin: ({ proxy }) => {
    proxy.lie = how;
  },
});

const slow = (delayMs: number): Fault => ({
  name: `${delayMs} ms slow`,
  begin: ({ proxy }) => {
    proxy.delayMs = delayMs;
  },
});

/** In this order, each while the servers are under load. */
export const faults: readonly Fault[] = [
  { name: 'healthy', begin: () => undefined },
  { name: 'killed', begin: ({ kill }) => kill(), end: ({ restart }) => restart() },
  {
    name: 'paused (SIGSTOP)',
    begin: ({ signal }) => signal('SIGSTOP'),
    end: ({ signal }) => signal('SIGCONT'),
  },
  {
    name: 'restarted empty',
    begin: async ({ kill, restart }) => {
      await kill();
      await restart();
    },
  },
  slow(5),
  slow(50),
  lie('lies: values swapped', swapped),
  lie('lies: bits flipped', flipped),
  lie('lies: wrong types', mistyped),
  lie('lies: values of 1 GB', huge),
  lie('lies: arrays of 30 million', bomb),
  lie('lies: garbage', garbage),
  lie('hangs up', hangUp),
  { name: 'full', begin: ({ limit }) => limit(1), end: ({ limit }) => limit(0) },
];
