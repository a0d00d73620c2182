import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const attempts = 300
const pauseMs = 30

/** Waits until a program listens on a loopback port, for programs that do not report it. */
export async function waitForPort(port: number, name: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await canConnect(port)) return
    await delay(pauseMs)
  }
  throw new Error(`${name} does not listen`)
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (isOpen: boolean) => () => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', finish(true)).once('error', finish(false))
  })
}
