/** Entry of a thread that copies a catalogue: its rows are compared and searched for words, and nobody else waits for it. */
import { answerRequests } from '../threads/asked-thread.ts';
import { copySnapshot } from './snapshot-copy.ts';

answerRequests(copySnapshot);
