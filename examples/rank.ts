// Ranks two candidates: node --import tsx examples/rank.ts [ADDRESS]
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

interface Reply {
  results: { id: string; score: number }[];
  scoreFingerprint: string;
}
type Callback = (error: Error | null, reply: Reply) => void;
interface Stub {
  Rank(request: object, options: { deadline: number }, callback: Callback): void;
  close(): void;
}
type StubConstructor = new (address: string, creds: object) => Stub;

const proto = fileURLToPath(new URL('../proto', import.meta.url));
const loaded = loadSync('slmrank/v1/ranking.proto', {
  includeDirs: [proto],
  enums: String,
  defaults: true,
});
const { slmrank } = loadPackageDefinition(loaded) as unknown as {
  slmrank: { v1: { RankingService: StubConstructor } };
};

const client = new slmrank.v1.RankingService(
  process.argv[2] ?? '127.0.0.1:50051',
  credentials.createInsecure(),
);
const candidates = [
  { id: 'a', title: 'Registered Nurse', text: 'Cares for patients on the surgical ward, nights.' },
  { id: 'b', title: 'Accountant', text: 'Prepares monthly statements.' },
];
client.Rank(
  { query: 'night shift nurse', candidates },
  { deadline: Date.now() + 5000 },
  (error, reply) => {
    if (error) {
      console.error(error.message);
      process.exitCode = 1;
    } else {
      for (const { id, score } of reply.results) {
        console.log(id, score.toFixed(3));
      }
    }
    client.close();
  },
);
