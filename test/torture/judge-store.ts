export { judgeStore, type StoreVerdict } from '../../src/crashtest/judge-store.ts';
