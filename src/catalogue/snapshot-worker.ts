/** Entry of a thread that copies a catalogue: its rows are compared and searched for words, and nobody else waits for it. */
import { answerRequests } from '../threads/worker-pool.ts';
import { copySnapshot } from './copy-snapshot.ts';

answerRequests(copySnapshot);
