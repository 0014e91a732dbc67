import { nameThread } from './name-thread.ts';

// The encoder's own worker, in a thread whose processor time can be told from that of others.

nameThread('encoder');

export { default } from '../../../workers/encode.ts';
