import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

export interface FullListener {
  /** `http://127.0.0.1:port`: the kernel drops every SYN to it, as a firewall would. */
  readonly url: string
  close(): Promise<void>
}

/** Listens and never accepts: the thread sleeps, and the queue of the port fills. */
const listenAndSleep = `
const { createServer } = require('node:net')
const { parentPort } = require('node:worker_threads')
const server = createServer()
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** Starts a listener to which no client can connect. Linux only: elsewhere the queue is longer than requested. */
export async function startFullListener(): Promise<FullListener> {
  const worker = new Worker(listenAndSleep, { eval: true })
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const fillers: Socket[] = []
  while (await canConnect(port, fillers)) if (fillers.length > 16) throw new Error('the queue does not fill up')
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const filler of fillers) filler.destroy()
      await worker.terminate()
    },
  }
}

/** Resolves with false after 300 ms: Linux repeats a dropped SYN only after a second. */
async function canConnect(port: number, fillers: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  fillers.push(socket)
  const connected = new Promise<boolean>((resolve, reject) => {
    socket.once('connect', () => resolve(true))
    socket.on('error', reject)
  })
  connected.catch(() => undefined)
  return Promise.race([connected, pause(300, false)])
}
