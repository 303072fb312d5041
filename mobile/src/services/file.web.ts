// handOver saves a file as the browser saves downloads.
export function handOver(name: string, content: Blob): Promise<void> {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  return Promise.resolve();
}
