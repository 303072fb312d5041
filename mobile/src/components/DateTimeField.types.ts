import type { Moment } from '../api/contract';

export interface DateTimeFieldProps {
  label: string;
  value: Moment | undefined;
  onChange: (value: Moment | undefined) => void;
  error?: string;
  earliest?: Date;
}
