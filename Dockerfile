# Any image with Node 22.19 or later does; Weir's own packages hold no native code.
FROM node:24-slim AS page
WORKDIR /weir
COPY package.json package-lock.json ./
# Without scripts: the image has its own Node 24, and the page's builder needs none.
RUN npm ci --ignore-scripts
COPY tsconfig.base.json ./
COPY dashboard ./dashboard
RUN npx vite build dashboard

FROM node:24-slim
WORKDIR /weir
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787 STORAGE_PATH=/data
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY bin ./bin
COPY src ./src
COPY migrations ./migrations
COPY --from=page /weir/dist/dashboard ./dist/dashboard
# Sessions and images. Without a volume they go with the container.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is the first process, without npm or a shell around it, so that SIGTERM reaches it and streams are drained, and SIGHUP
# has it read its configuration again.
# HOST=0.0.0.0 opens no account: without TOKEN (or ALLOW_ANONYMOUS=true) calls from outside get 401.
# The flags: bench/machine/weir-cli.ts.
CMD ["node", "--max-semi-space-size=16", "--v8-pool-size=2", "--no-maglev", "src/platform/node/cli.ts", "serve"]
