// Entry of the spool's threads where nobody listens to copies.
import { answerSpoolJobs } from './spool-jobs.ts';

answerSpoolJobs();
