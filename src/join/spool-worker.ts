// Entry of the spool's threads in a joined house: peaks and facts are made of what is copied.
import { hearPeaks } from '../media/passing-peaks.ts';
import { readPcmFacts } from '../media/wav-facts.ts';
import { answerSpoolJobs } from '../record/spool-jobs.ts';

answerSpoolJobs({ hearCopy: hearPeaks, readFacts: readPcmFacts });
