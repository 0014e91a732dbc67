import { parseProtoRoot } from '../../src/proto/proto-root.ts';

export const { path: rankPath } = parseProtoRoot().service.Rank;
