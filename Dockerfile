# smokewire as an image: `docker build -t smokewire .`, then `docker run --rm -p 127.0.0.1:8080:8080 smokewire` is a whole
# site on its embedded servers; arguments are those of the command line.

FROM node:22-slim AS build
WORKDIR /app
# Dependencies first: they change less often than the code. `prepare` would build, and there is no code yet.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
# The panel and its API; the embedded MQTT, Kafka and mail servers.
EXPOSE 8080 1883 9092 2525
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/app/main.js"]
CMD ["up"]
