// Ranks some requests on the servers that a control plane names, and prints how many each server answered:
//   npm ci && GRPC_XDS_BOOTSTRAP=bootstrap.json node client.js [CALLS]
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { loadSync } from '@grpc/proto-loader';

register();
const proto = fileURLToPath(new URL('../../proto', import.meta.url));
const loaded = loadSync('slmrank/v1/ranking.proto', { includeDirs: [proto], enums: String });
const { RankingService } = loadPackageDefinition(loaded).slmrank.v1;
const client = new RankingService('xds:///slmrank', credentials.createInsecure(), {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
});

const candidates = ['Registered nurse, nights', 'Accountant'].map((text) => ({ id: text, text }));
const rank = (query) =>
  new Promise((resolve, reject) => {
    const deadline = Date.now() + 10_000;
    const call = client.Rank({ query, candidates, noCache: true }, { deadline }, (error) =>
      error ? reject(error) : resolve(call.getPeer()),
    );
  });

const answered = {};
for (let i = 0; i < Number(process.argv[2] ?? 100); i++) {
  const server = await rank(`night shift nurse ${i}`);
  answered[server] = (answered[server] ?? 0) + 1;
}
console.log(JSON.stringify(answered));
client.close();
process.exit(0);
