// Whether a fact is genuine: signed with our secret, not older than five minutes. docs/webhooks.md says what is signed.
#r "Newtonsoft.Json"
#r "Microsoft.Azure.Workflows.Scripting"
using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using Microsoft.Azure.Workflows.Scripting;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;

public static async Task<bool> Run(WorkflowContext context, ILogger log)
{
    var trigger = (await context.GetTriggerResults().ConfigureAwait(false)).Outputs;
    string Header(string name) => trigger["headers"]?[name]?.ToString() ?? "";
    var body = Convert.FromBase64String(trigger["body"]?["$content"]?.ToString() ?? "");
    if (!long.TryParse(Header("webhook-timestamp"), out var sent)) { return false; }
    if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sent) >= 300) { return false; }
    var signed = Encoding.UTF8.GetBytes($"{Header("webhook-id")}.{sent}.").Concat(body).ToArray();
    var secret = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("FABRIC_WEBHOOK_SECRET") ?? "");
    if (secret.Length < 24) { return false; }
    using var hmac = new HMACSHA256(secret);
    var expected = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(hmac.ComputeHash(signed)));
    return Header("webhook-signature").Split(' ')
        .Any(one => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(one), expected));
}
