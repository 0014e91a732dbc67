import type { GoldenCandidate, GoldenRequest } from './golden.ts';

type TextRequest = Pick<GoldenRequest, 'query' | 'instruction' | 'context'> & {
  readonly candidates: readonly Pick<GoldenCandidate, 'title' | 'text'>[];
};

const duties =
  'Plans the work of the shop, orders material, keeps the books, trains two apprentices, and answers for their safety. ';

/**
 * The requests of a verification without a golden. Their texts are short and long, with and without
 * title, empty, and with characters outside ASCII.
 */
export const consistencyRequests: readonly TextRequest[] = [
  {
    query: 'carpenter who can run a small shop',
    instruction: undefined,
    context: undefined,
    candidates: [
      { title: 'Master Carpenter', text: duties },
      { title: undefined, text: 'Drives a night bus.' },
      { title: 'Shop Manager', text: duties.repeat(4) },
      { title: undefined, text: '' },
    ],
  },
  {
    query: 'nurse, night shift',
    instruction: 'Judge whether the posting is for this person.',
    context: 'Lives in Oslo and speaks Norwegian.',
    candidates: [
      { title: 'Sykepleier', text: 'Nattevakt på medisinsk avdeling, 12,5 timer 👩‍⚕️' },
      { title: 'Registered Nurse', text: 'Night shift, intensive care; three years of practice.' },
    ],
  },
];
