// Entry of the spool's threads in a joined house: peaks are made of what is copied.
import { hearPeaks } from '../media/passing-peaks.ts';
import { answerSpoolJobs } from '../record/spool-jobs.ts';

answerSpoolJobs(hearPeaks);
