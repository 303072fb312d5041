// A line between app and server that a test can let go dead: nothing comes through any more, and nobody is told.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Line {
  private dead = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly takesWebSockets: boolean,
  ) {}

  static async to(port: number, { webSockets = true } = {}): Promise<Line> {
    const server = createServer();
    const line = new Line(server, webSockets);
    server.on('connection', (near) => line.join(near, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  // die lets nothing through, of what is connected and of what comes.
  die(): void {
    this.dead = true;
    this.sockets.forEach((socket) => socket.unpipe().pause());
  }

  // revive takes new connections. What was connected stays dead, as after a change of addresses.
  revive(): void {
    this.dead = false;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, port: number): void {
    this.keep(near);
    if (this.dead) {
      near.pause();
      return;
    }
    near.once('data', (head) => {
      if (!this.takesWebSockets && head.includes('transport=websocket')) {
        near.destroy();
        return;
      }
      const far = this.keep(connect(port, '127.0.0.1'));
      far.write(head);
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
