import type { ReactNode } from 'react';

import { en } from '../strings/en';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Text } from './Text';

interface ConfirmProps {
  title: string;
  text?: string;
  yes: string;
  no?: string;
  danger?: boolean;
  busy?: boolean;
  visible: boolean;
  onYes: () => void;
  onNo: () => void;
  children?: ReactNode;
}

// Confirm asks before something that cannot be taken back lightly.
export function Confirm({ title, text, yes, no = en.common.cancel, danger = false, busy = false, visible, onYes, onNo, children }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      visible={visible}
      onClose={onNo}
      footer={
        <>
          <Button title={no} kind="secondary" onPress={onNo} />
          <Button title={yes} kind={danger ? 'danger' : 'primary'} busy={busy} onPress={onYes} />
        </>
      }
    >
      {text !== undefined && <Text tone="muted">{text}</Text>}
      {children}
    </Dialog>
  );
}
