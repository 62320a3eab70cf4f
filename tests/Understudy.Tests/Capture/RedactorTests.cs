using System.Text;
using Understudy.Calls;
using Understudy.Capture;

namespace Understudy.Tests.Capture;

/// <summary>What is taken out of a text before it is kept, and what is not.</summary>
public sealed class RedactorTests
{
    private static Redactor Plain() => new([], []);

    [Theory]
    [InlineData("my key is sk-ant-api03-AbCdEfGh1234, is it?", "my key is [redacted: key], is it?")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[redacted: key]")]
    [InlineData("AIzaSyA1234567890abcdefghijklmnopqrstuv", "[redacted: key]")]
    [InlineData("ghp_abcdefghijklmnopqrstuvwx12", "[redacted: key]")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "[redacted: key]")]
    [InlineData("Authorization: Bearer abcdef123456==", "Authorization: [redacted: token]")]
    [InlineData("the password is hunter2, really", "the [redacted: secret], really")]
    [InlineData("API_KEY=abc123", "[redacted: secret]")]
    [InlineData("{\"api_key\": \"abc123\"}", "{\"[redacted: secret]\"}")]
    [InlineData("postgres://app:hunter2@db/x", "postgres[redacted: login]db/x")]
    [InlineData("write to Ana.Müller+x@büro.example.de!", "write to [redacted: e-mail]!")]
    [InlineData("card 4111 1111 1111 1111 please", "card [redacted: card] please")]
    [InlineData("card 4111-1111-1111-1111", "card [redacted: card]")]
    [InlineData("378282246310005", "[redacted: card]")]
    [InlineData("5555555555554444", "[redacted: card]")] // fives that are doubled make two digits
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[redacted: key]\nafter")]
    [InlineData("card 4111 1111 1111 1111 12/27 737", "card [redacted: card] 12/27 737")]
    [InlineData("4111111111111111 737", "[redacted: card] 737")]
    [InlineData("2 4111-1111-1111-1111 and 3782 822463 10005 1", "2 [redacted: card] and [redacted: card] 1")]
    [InlineData("4111\u00A01111\u00A01111\u00A01111", "[redacted: card]")]
    [InlineData(@"one\nsk-ant-api03-AbCdEfGh1234\n4111111111111111\npassword: hunter2\n", @"one\n[redacted: key]\n[redacted: card]\n[redacted: secret]\n")]
    [InlineData("DB_PASSWORD=hunter2 dbPassword: hunter2 GITHUB_TOKEN=hunter2 SECRET_KEY=hunter2", "[redacted: secret] [redacted: secret] [redacted: secret] [redacted: secret]")]
    [InlineData("password: \"correct horse, battery\" it is; 'pwd' => 'a b'", "[redacted: secret]\" it is; '[redacted: secret]'")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[redacted: key]\nafter")]
    [InlineData("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----\nafter", "[redacted: key]\nafter")]
    public void WhatMustNotBeKept_IsTakenOut(string text, string clean) => Assert.Equal(clean.Replace("postgres[", "postgres://[", StringComparison.Ordinal).Replace("login]db", "login]@db", StringComparison.Ordinal), Plain().Clean(text));

    [Theory]
    [InlineData("The order 4111111111111112 has no check digit of a card's.")]
    [InlineData("max_tokens: 4096, at 12:30 on 2026-06-02, call +49 30 1234567")]
    [InlineData("We talk about passwords and tokens in general, 3 @ 5 each.")]
    [InlineData("sk-8 and key-1 are short")]
    [InlineData("bypass: yes, the compass = north, rows 1234 5678 9012 3456 7890 and 111 222 333 444 555 666")]
    [InlineData("password: \"\"")]
    public void WhatIsHarmless_Stays(string text)
    {
        var redactor = Plain();
        Assert.Equal(text, redactor.Clean(text));
        Assert.Equal(0, redactor.Count);
    }

    [Fact]
    public void OwnPatterns_AndKnownSecrets_AreTakenOut()
    {
        var redactor = new Redactor(["ACME-[0-9]{6}", "(?<=case )[A-Z]+"], ["the-providers-key"]);
        Assert.Equal("[redacted], case [redacted], xx[redacted: key]yy", redactor.Clean("ACME-123456, case ABC, xxthe-providers-keyyy"));
        Assert.Equal(3, redactor.Count);
    }

    [Fact]
    public void OfTwoSecretsThatBeginAlike_TheLongerIsTakenOutWhole()
    {
        var redactor = new Redactor([], ["curtain", "curtain-and-rope", "sixsix", "five5"]);
        Assert.Equal("[redacted: key], [redacted: key], [redacted: key], five5", redactor.Clean("curtain-and-rope, curtain, sixsix, five5"));
        Assert.Equal(3, redactor.Count);
    }

    [Fact]
    public void APatternThatTakesTooLong_LeavesNothing()
    {
        // A back-reference cannot be searched without backtracking, and this one takes longer than anybody lives.
        var redactor = new Redactor([@"^(?:(a+)+\1)+$"], []);
        Assert.Equal(Redactor.TooSlow, redactor.Clean(new string('a', 60) + "!"));
    }

    [Fact]
    public void Text_ThatIsMadeToBeSlow_IsNot()
    {
        // With backtracking the search for an address would be quadratic in it.
        var text = new string('a', 400_000);
        Assert.Equal(text, Plain().Clean(text));
    }

    [Theory]
    [InlineData("([a-z")]
    [InlineData("x*")]
    [InlineData("")]
    public void AWrongPattern_IsToldBeforeItIsUsed(string pattern) => Assert.NotNull(Redactor.Mistake(pattern));

    [Fact]
    public void Json_IsSearchedAsItReads_AndKeptAsFarAsItGoes()
    {
        Assert.Equal("""{"to":"[redacted: e-mail]","n":7,"card":"[redacted: card]","password":"[redacted: secret]","x_api_key":"[redacted: secret]","null":null,"t":true}""", Write("""{"to":"ana\u0040example.com","n":7,"card":4111111111111111,"password":"x","x_api_key":"y","null":null,"t":true}"""));
        Assert.Equal("""{"a":[1,{"b":"c","d":"[cut off]"}]}""", Write("""{"a":[1,{"b":"c","d":"e"""));
        Assert.Equal("""{"a":1}""", Write("""{"a":1,"b"""));
        Assert.Equal("\"[cut off]\"", Write(""));
        Assert.Equal("""{"[redacted: e-mail]":1}""", Write("""{"ana@example.com":1}"""));
        Assert.Equal("""{"image":"[4000 characters of base64]"}""", Write($$"""{"image":"{{new string('A', 4000)}}"}"""));
        var prose = string.Concat(Enumerable.Repeat("A long answer is no image. ", 40));
        Assert.Equal($$"""{"text":"{{prose}}"}""", Write($$"""{"text":"{{prose}}"}"""));

        static string Write(string json) => CleanJson.Write(Encoding.UTF8.GetBytes(json), Plain());
    }

    /// <summary>Arguments of tools, and many of their results, are JSON in a text: there an escape hides a key as well as anywhere.</summary>
    [Theory]
    [InlineData("""{"arguments":"{\"q\":\"a\\nsk\\u002dant-api03-AbCdEfGh1234\",\"password\":\"correct horse\"}"}""", """{"arguments":"{\"q\":\"a\\n[redacted: key]\",\"password\":\"[redacted: secret]\"}"}""")]
    [InlineData("""{"t":"[ \"{\\\"db_password\\\":\\\"x y\\\"}\" ]"}""", """{"t":"[\"{\\\"db_password\\\":\\\"[redacted: secret]\\\"}\"]"}""")]
    [InlineData("""{"t":"{ \"as\" : \"it was\" }","u":"{ no JSON, but ana@example.com"}""", """{"t":"{ \"as\" : \"it was\" }","u":"{ no JSON, but [redacted: e-mail]"}""")]
    public void JsonInAText_IsSearchedAsItReads(string json, string clean) => Assert.Equal(clean, CleanJson.Write(Encoding.UTF8.GetBytes(json), Plain()));

    [Theory]
    [InlineData("""{"password":["a","b"],"c":["d"]}""", """{"password":["[redacted: secret]","[redacted: secret]"],"c":["d"]}""")]
    [InlineData("""{"password":12345,"n":12345}""", """{"password":"[redacted: secret]","n":12345}""")]
    [InlineData("""{"db_password":"x","adminPassword":"y","AWS_SECRET_ACCESS_KEY":"z","properties":{"password":{"type":"string"}}}""", """{"db_password":"[redacted: secret]","adminPassword":"[redacted: secret]","AWS_SECRET_ACCESS_KEY":"[redacted: secret]","properties":{"password":{"type":"string"}}}""")]
    public void AFieldOfASecretName_IsTakenOut_WhateverItHolds(string json, string clean) => Assert.Equal(clean, CleanJson.Write(Encoding.UTF8.GetBytes(json), Plain()));

    /// <summary>Half an emoji: what programs send that cut texts by length.</summary>
    [Theory]
    [InlineData("""{"a":"x\ud83d","b":"c"}""", """{"a":"[not kept: it is no text]","b":"c"}""")]
    [InlineData("""{"a\udc00":{"b":"c"}}""", """{"[not kept: it is no text]":{"b":"c"}}""")]
    public void WhatIsNoText_IsNotKept_AndTheRestIsJson(string json, string clean) => Assert.Equal(clean, CleanJson.Write(Encoding.UTF8.GetBytes(json), Plain()));

    [Theory]
    [InlineData("""{"X-Api-Key":"y","AUTHORIZATION":"Basic x","set-cookie":"c"}""", """{"X-Api-Key":"[redacted: secret]","AUTHORIZATION":"[redacted: secret]","set-cookie":"[redacted: secret]"}""")]
    [InlineData("""{"password":12345,"pin":12345}""", """{"password":"[redacted: secret]","pin":12345}""")]
    [InlineData("""{"tokens":["a"],"credentials":["a","b",["c"],7],"then":"d"}""", """{"tokens":["a"],"credentials":["[redacted: secret]","[redacted: secret]",["[redacted: secret]"],"[redacted: secret]"],"then":"d"}""")]
    [InlineData("""{"credentials":[{"user":"ana","password":"x"},"b"],"required":["password","user"]}""", """{"credentials":[{"user":"ana","password":"[redacted: secret]"},"[redacted: secret]"],"required":["password","user"]}""")]
    [InlineData("""{"properties":{"password":{"type":"string","minLength":8}}}""", """{"properties":{"password":{"type":"string","minLength":8}}}""")] // what a tool takes is no secret
    public void WhatStandsUnderASecretsName_IsTakenOutWhole(string json, string clean) => Assert.Equal(clean, CleanJson.Write(Encoding.UTF8.GetBytes(json), Plain()));

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages)]
    [InlineData(WireProtocol.OpenAIChat)]
    public void AStream_IsPutTogether_BeforeItIsSearched(WireProtocol protocol)
    {
        string[] pieces = ["Your key is sk-ant-", "api03-Ab", "CdEfGh, keep it."];
        var stream = new StringBuilder(protocol == WireProtocol.AnthropicMessages
            ? """
              event: message_start
              data: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"model":"c","usage":{"input_tokens":1,"output_tokens":1}}}

              event: content_block_start
              data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}


              """
            : "");
        foreach (var piece in pieces)
        {
            stream.Append(protocol == WireProtocol.AnthropicMessages
                ? $$$"""event: content_block_delta{{{"\n"}}}data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{piece}}}"}}{{{"\n\n"}}}"""
                : $$$"""data: {"id":"c","object":"chat.completion.chunk","model":"g","choices":[{"index":0,"delta":{"content":"{{{piece}}}"}}]}{{{"\n\n"}}}""");
        }

        Assert.Equal("""{"parts":[{"text":"Your key is [redacted: key], keep it."}],"finish":"cut off"}""", CleanAnswer.Write(protocol, Encoding.UTF8.GetBytes(stream.ToString()), isStream: true, Plain()));
    }
}
