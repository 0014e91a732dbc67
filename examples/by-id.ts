// Stores two items and ranks them by id: node --import tsx examples/by-id.ts [ADDRESS]
// The server needs an item store: SLMRANK_ITEMS=items npm start
import { once } from 'node:events';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

interface Reply {
  results: { id: string; score: number }[];
}
interface PutStream extends NodeJS.EventEmitter {
  write(message: object): boolean;
  end(): void;
}
interface Stub {
  PutItems(options: { deadline: number }): PutStream;
  Rank(
    request: object,
    options: { deadline: number },
    callback: (error: Error | null, reply: Reply) => void,
  ): void;
  close(): void;
}
type StubConstructor = new (address: string, creds: object) => Stub;

const proto = fileURLToPath(new URL('../proto', import.meta.url));
const loaded = loadSync('slmrank/v1/items.proto', {
  includeDirs: [proto],
  enums: String,
  defaults: true,
  oneofs: true,
});
const { slmrank } = loadPackageDefinition(loaded) as unknown as {
  slmrank: { v1: { ItemService: StubConstructor; RankingService: StubConstructor } };
};
const address = process.argv[2] ?? '127.0.0.1:50051';
const items = new slmrank.v1.ItemService(address, credentials.createInsecure());
const ranking = new slmrank.v1.RankingService(address, credentials.createInsecure());
const deadline = Date.now() + 5000;

// The time of a posting's last change is a good version.
const version = 1;
const put = items.PutItems({ deadline });
put.write({
  items: [
    {
      id: 'a',
      version,
      title: 'Registered Nurse',
      text: 'Cares for patients on the ward, nights.',
    },
    { id: 'b', version, title: 'Accountant', text: 'Prepares monthly statements.' },
  ],
});
put.end();
// Each message is acknowledged once it is on disk.
const [answer] = (await once(put, 'data')) as [{ outcome: string }];
items.close();

if (answer.outcome !== 'put') {
  console.error('not stored', answer);
  process.exitCode = 1;
}
ranking.Rank(
  { query: 'night shift nurse', candidates: [{ id: 'a' }, { id: 'b' }] },
  { deadline },
  (error, reply) => {
    if (error) {
      console.error(error.message);
      process.exitCode = 1;
    } else {
      for (const { id, score } of reply.results) {
        console.log(id, score.toFixed(3));
      }
    }
    ranking.close();
  },
);
