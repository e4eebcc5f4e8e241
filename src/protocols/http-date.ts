export { formatHttpDate, formatRfc3339, parseHttpDate } from '../core/http-date.ts';
