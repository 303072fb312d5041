// Handing a file to whoever holds the device.

import { File, Paths } from 'expo-file-system';
import * as Sharing from 'expo-sharing';

export async function handOver(name: string, content: Blob): Promise<void> {
  const file = new File(Paths.cache, name);
  if (file.exists) {
    file.delete();
  }
  file.create();
  file.write(await textOf(content));
  await Sharing.shareAsync(file.uri, { mimeType: 'text/csv' });
}

function textOf(content: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('the file could not be read'));
    reader.readAsText(content);
  });
}
