package auth_test

import (
	"fmt"
	"os"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
)

// A credential never prints.
func ExampleAPIKey() {
	credential := auth.APIKey("the key from the dashboard")
	fmt.Printf("%v %#v\n", credential, credential)
	// Output: auth.APIKey(***) auth.APIKey(***)
}

// Some endpoints want the key in another place.
func ExampleWithScheme() {
	credential := auth.APIKey("the key from the dashboard", auth.WithScheme(auth.LogsKey))
	fmt.Println(credential.Header())
	// Output: Authorization
}

func ExampleClientCredentials() {
	credential := auth.ClientCredentials(clientcredentials.Config{
		ClientID:     os.Getenv("LOGSTO_CLIENT_ID"),
		ClientSecret: os.Getenv("LOGSTO_CLIENT_SECRET"),
		TokenURL:     os.Getenv("LOGSTO_TOKEN_URL"),
		Scopes:       []string{"logs:write"},
	})
	fmt.Println(credential)
	// Output: auth.ClientCredentials(***)
}
