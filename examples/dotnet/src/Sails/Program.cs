var app = WebApplication.CreateBuilder(args).Build();
string[] sails = ["jib", "genoa", "spinnaker", "mainsail"];

app.UseDefaultFiles();
app.UseStaticFiles();
app.MapGet("/sails", () => sails);
app.MapGet("/healthz", () => "ok");
app.Run();
