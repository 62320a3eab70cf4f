using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Tests;

public sealed class PolicyFromEnvironmentTests
{
    private const string Claude = "ANTHROPIC_API_KEY=sk-ant-PLANTED-1";
    private const string OpenAI = "OPENAI_API_KEY=sk-PLANTED-2";
    private const string Gemini = "GEMINI_API_KEY=PLANTED-3-gemini";
    private const string Ollama = "OLLAMA_HOST=127.0.0.1:11434";

    [Fact]
    public void NoKeys_SaysWhatToSet()
    {
        var mistake = Assert.Single(Build().Mistakes);

        Assert.Equal("environment: there is no provider to call; set at least one of ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, GOOGLE_API_KEY or OLLAMA_HOST, as in 'export ANTHROPIC_API_KEY=…', or write a policy file with 'providers:'; 'understudy demo' needs no key", mistake.ToString());
    }

    [Fact]
    public void BlankKey_IsNoKey() => Assert.Null(Build("ANTHROPIC_API_KEY=  ").Policy);

    [Theory]
    [InlineData("claude", Claude)]
    [InlineData("openai", OpenAI)]
    [InlineData("gemini", Gemini)]
    [InlineData("gemini", "GOOGLE_API_KEY=PLANTED-4")]
    [InlineData("local", Ollama)]
    public void OneKey_OneProviderThatServesEveryFamily(string name, string variable)
    {
        var policy = Good(variable);

        Assert.Equal(name, Assert.Single(policy.Providers).Name);
        Assert.Equal("*", policy.Routes[^1].Match[0]);
        Assert.Equal($"{name}/=", ((TargetRung)policy.Routes[^1].Ladder[0]).Targets[0].ToString());
        Assert.All(policy.Routes, route => Assert.NotEmpty(route.Ladder));
        Assert.All(policy.Routes, route => Assert.Equal("agent", route.UseCase.Name));
    }

    [Fact]
    public void EverySet_SummaryIsWhatWasPromised()
    {
        string[][] sets =
        [
            [Claude], [OpenAI], [Gemini], [Ollama], [Claude, OpenAI], [Claude, Gemini], [OpenAI, Gemini], [Claude, Ollama],
            [Claude, OpenAI, Gemini, Ollama],
        ];
        var text = string.Concat(sets.Select(set => $"# {string.Join(" ", set.Select(variable => variable.Split('=')[0]))}\n{string.Concat(PolicySummary.Lines(Good(set)).Select(line => line + "\n"))}\n"));

        Assert.DoesNotContain("PLANTED", text, StringComparison.Ordinal);
        Fixtures.Same(Path.Combine(Fixtures.Folder, "golden", "environment.txt"), text);
    }

    [Theory]
    [InlineData("ANTHROPIC_BASE_URL=http://127.0.0.1:9001", Claude, "http://127.0.0.1:9001/")]
    [InlineData("ANTHROPIC_BASE_URL=http://127.0.0.1:9001/v1/", Claude, "http://127.0.0.1:9001/")]
    [InlineData("ANTHROPIC_BASE_URL=https://proxy.example/anthropic", Claude, "https://proxy.example/anthropic")]
    [InlineData("OPENAI_BASE_URL=http://127.0.0.1:9002/v1", OpenAI, "http://127.0.0.1:9002/v1")]
    [InlineData("OPENAI_BASE_URL=http://127.0.0.1:9002", OpenAI, "http://127.0.0.1:9002/v1")]
    [InlineData("GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:9003/v1beta", Gemini, "http://127.0.0.1:9003/")]
    [InlineData("GEMINI_BASE_URL=http://127.0.0.1:9003", Gemini, "http://127.0.0.1:9003/")]
    [InlineData("OTHER=1", "OLLAMA_HOST=localhost", "http://localhost:11434/v1")]
    [InlineData("OTHER=1", "OLLAMA_HOST=:9999", "http://127.0.0.1:9999/v1")]
    [InlineData("OTHER=1", "OLLAMA_HOST=0.0.0.0", "http://127.0.0.1:11434/v1")]
    [InlineData("OTHER=1", "OLLAMA_HOST=[::1]", "http://[::1]:11434/v1")]
    [InlineData("OTHER=1", "OLLAMA_HOST=http://ollama:8080/", "http://ollama:8080/v1")]
    [InlineData("OTHER=1", "OLLAMA_HOST=https://ollama.example", "https://ollama.example/v1")]
    public void BaseUrl_IsTakenInTheSdksOwnForm(string url, string key, string expected) =>
        Assert.Equal(expected, Assert.Single(Good(url, key).Providers).BaseUrl.ToString());

    [Fact]
    public void BaseUrlAlone_EnablesNothing() => Assert.Null(Build("ANTHROPIC_BASE_URL=http://127.0.0.1:9001").Policy);

    [Fact]
    public void BaseUrlThatIsThisGateway_TheVendorIsCalledInstead()
    {
        var result = Build(Claude, "ANTHROPIC_BASE_URL=http://127.0.0.1:4600");

        Assert.Equal("https://api.anthropic.com/", result.Policy!.Providers[0].BaseUrl.ToString());
        Assert.Equal("ANTHROPIC_BASE_URL: the base URL is this gateway's own address; it is meant for clients; api.anthropic.com is called instead", Assert.Single(result.Notes).ToString());
    }

    [Theory]
    [InlineData("UNDERSTUDY_LISTEN=nonsense", "UNDERSTUDY_LISTEN: 'nonsense' is not an address to listen on; write an address and a port, as in '127.0.0.1:4600' or '[::1]:4600'")]
    [InlineData("UNDERSTUDY_LISTEN=0.0.0.0:4600", "UNDERSTUDY_LISTEN: '0.0.0.0:4600' can be reached from other machines, and nobody needs a key; set UNDERSTUDY_CLIENT_KEY, as in 'export UNDERSTUDY_CLIENT_KEY=$(openssl rand -hex 24)', or listen on 127.0.0.1")]
    [InlineData("ANTHROPIC_BASE_URL=https://me:PLANTED@x.example", "ANTHROPIC_BASE_URL: the base URL holds a user or a password; a URL is printed; put the secret into 'key'")]
    [InlineData("OLLAMA_HOST=http://", "OLLAMA_HOST: not an address of Ollama; as in '127.0.0.1:11434' or 'http://ollama:11434'")]
    public void BadVariable_IsNamed(string variable, string expected) => Assert.Equal(expected, Assert.Single(Build(Claude, variable).Mistakes).ToString());

    [Fact]
    public void ListenToAllWithAClientKey_IsFine()
    {
        var policy = Good(Claude, "UNDERSTUDY_LISTEN=*:80", "UNDERSTUDY_CLIENT_KEY=PLANTED-client-key-0123");

        Assert.Equal("0.0.0.0:80", policy.Listen);
        Assert.Equal("default", Assert.Single(policy.Clients).Name);
    }

    [Fact]
    public void KillSwitch_UnknownNameIsOnlyNoted()
    {
        var result = Build(Claude, OpenAI, "UNDERSTUDY_KILL=clade, openai/gpt-5");

        Assert.Equal(["clade", "openai/gpt-5"], result.Policy!.Kill.Names);
        Assert.Equal("UNDERSTUDY_KILL: 'clade' is no provider or target here; so it stops nothing; did you mean 'claude'?", Assert.Single(result.Notes).ToString());
    }

    [Fact]
    public void AboveAFile_KillIsAddedListenAndTokenAreTaken()
    {
        var environment = Environment("UNDERSTUDY_KILL=b", "UNDERSTUDY_LISTEN=127.0.0.1:1", "UNDERSTUDY_ADMIN_TOKEN=PLANTED-token");
        var policy = PolicyReader.Read("listen: 127.0.0.1:2\nproviders: { a: { protocol: openai, base_url: http://127.0.0.1:3 }, b: { protocol: openai, base_url: http://127.0.0.1:4 } }\nkill: [a]\n", "f.yaml", environment).Policy!;

        Assert.Equal(["a", "b"], policy.Kill.Names);
        Assert.Equal("127.0.0.1:1", policy.Listen);
        Assert.Equal("PLANTED-token", policy.AdminToken);
    }

    [Fact]
    public void VendorsKey_NeverGoesToAnotherHost()
    {
        var policy = PolicyReader.Read("providers: { a: { protocol: anthropic, base_url: http://127.0.0.1:3 }, b: { protocol: anthropic } }", "f.yaml", Environment(Claude)).Policy!;

        Assert.Null(policy.Providers[0].Key);
        Assert.Equal("sk-ant-PLANTED-1", policy.Providers[1].Key);
    }

    [Fact]
    public void Load_OptionThenVariableThenDefaultFileThenEnvironment()
    {
        var files = new Dictionary<string, string> { ["option.yaml"] = "", ["variable.yaml"] = "", ["understudy.yaml"] = "" };
        var variables = new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "k-of-anthropic", ["UNDERSTUDY_CONFIG"] = "variable.yaml" };
        var environment = PolicyEnvironment.Of(variables, path => files.GetValueOrDefault(path));

        Assert.Equal("option.yaml", PolicyReader.Load("option.yaml", environment).Policy!.Source);
        Assert.Equal("variable.yaml", PolicyReader.Load(null, environment).Policy!.Source);
        variables.Remove("UNDERSTUDY_CONFIG");
        Assert.Equal("understudy.yaml", PolicyReader.Load(null, environment).Policy!.Source);
        files.Clear();
        Assert.Equal("environment", PolicyReader.Load(null, environment).Policy!.Source);
        Assert.Equal("missing.yaml: the file can't be read; it is not there, or not for this user", Assert.Single(PolicyReader.Load("missing.yaml", environment).Mistakes).ToString());
    }

    private static PolicyEnvironment Environment(params string[] variables) =>
        PolicyEnvironment.Of(variables.ToDictionary(variable => variable.Split('=')[0], variable => variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..]));

    private static PolicyResult Build(params string[] variables)
    {
        var result = PolicyFromEnvironment.Build(Environment(variables));
        Assert.DoesNotContain("PLANTED", PolicyReaderTests.Said(result), StringComparison.Ordinal);
        return result;
    }

    private static Policy Good(params string[] variables)
    {
        var result = Build(variables);
        Assert.Empty(result.Mistakes);
        return result.Policy!;
    }
}
