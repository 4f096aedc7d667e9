let count = 0;

const timer = setInterval(() => {
  count += 1;
  console.log(`Worker: job ${count} done`);
}, 1000);

console.log("Worker: started");
process.once("SIGTERM", () => {
  clearInterval(timer);
  console.log("Worker: stopped");
});
