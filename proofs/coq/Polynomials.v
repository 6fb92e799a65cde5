(** Expressions at one index as polynomials: their value and their tangent, with all sums written out.

    Every entry of every tensor, every direction of such an entry and every value of a function is an unknown of its own.
    A polynomial that collects to nothing is 0 whatever the unknowns stand for; nothing is assumed of the functions, but
    that function 0 is exp. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations Derivatives.
Import ListNotations.
Open Scope R_scope.

(** ** Expressions at one index, with sums written out *)

Inductive closed :=
| CNumber (q : Q) | CEntry (t : name) (p : Z) | CAdd (a b : closed) | CMul (a b : closed) | CApply (f o : nat) (a : closed) | CLn (a : closed).

(** The first decision that is not Eq; evaluated no further. *)
Notation "c ;; d" := (match c with Eq => d | Lt => Lt | Gt => Gt end) (at level 61, right associativity).
Lemma both : forall c d, (c ;; d) = Eq -> c = Eq /\ d = Eq.
Proof. intros [] d; intro H; try discriminate; auto. Qed.

Definition name_cmp (s t : name) : comparison :=
  match s, t with
  | Param a, Param b | Activation a, Activation b | Datum a, Datum b | Inner a, Inner b | Sensitivity a, Sensitivity b => Nat.compare a b
  | Param _, _ => Lt | _, Param _ => Gt | Activation _, _ => Lt | _, Activation _ => Gt
  | Datum _, _ => Lt | _, Datum _ => Gt | Inner _, _ => Lt | _, Inner _ => Gt
  end.
Definition Q_cmp (p q : Q) : comparison := Z.compare (Qnum p) (Qnum q) ;; Pos.compare (Qden p) (Qden q).
Fixpoint closed_cmp (a b : closed) : comparison :=
  match a, b with
  | CNumber p, CNumber q => Q_cmp p q
  | CEntry s p, CEntry t q => Z.compare p q ;; name_cmp s t
  | CAdd a b, CAdd c d | CMul a b, CMul c d => closed_cmp a c ;; closed_cmp b d
  | CApply f o a, CApply g q b => Nat.compare f g ;; Nat.compare o q ;; closed_cmp a b
  | CLn a, CLn b => closed_cmp a b
  | CNumber _, _ => Lt | _, CNumber _ => Gt | CEntry _ _, _ => Lt | _, CEntry _ _ => Gt
  | CAdd _ _, _ => Lt | _, CAdd _ _ => Gt | CMul _ _, _ => Lt | _, CMul _ _ => Gt
  | CLn _, _ => Lt | _, CLn _ => Gt
  end.

Lemma name_cmp_eq : forall s t, name_cmp s t = Eq -> s = t.
Proof. intros [] []; simpl; intro H; try discriminate; apply Nat.compare_eq in H; now subst. Qed.
Lemma closed_cmp_eq : forall a b, closed_cmp a b = Eq -> a = b.
Proof.
  induction a; intros [] H; cbn in H; try discriminate.
  - unfold Q_cmp in H. apply both in H as [H1 H2]. apply Z.compare_eq in H1. apply Pos.compare_eq in H2.
    destruct q, q0; simpl in *; now subst.
  - apply both in H as [H1 H2]. apply Z.compare_eq in H1. apply name_cmp_eq in H2. now subst.
  - apply both in H as [H1 H2]. now rewrite (IHa1 _ H1), (IHa2 _ H2).
  - apply both in H as [H1 H2]. now rewrite (IHa1 _ H1), (IHa2 _ H2).
  - apply both in H as [H1 H]. apply both in H as [H2 H3]. apply Nat.compare_eq in H1, H2. now rewrite (IHa _ H3), H1, H2.
  - now rewrite (IHa _ H).
Qed.

(** ** Polynomials: sums of monomials in entries, directions and function values *)

Inductive atom := Value (t : name) (p : Z) | Direction (t : name) (p : Z) | Call (f o : nat) (a : closed) | Ln (a : closed)
| Pick (i : Z) (a : closed).                             (* 1 if a is i, else 0 *)
(** Function 0 is exp, which is its own derivative. *)
Definition order (f o : nat) : nat := match f with O => O | S _ => o end.
Definition atom_cmp (a b : atom) : comparison :=
  match a, b with
  | Value s p, Value t q | Direction s p, Direction t q => Z.compare p q ;; name_cmp s t
  | Call f o a, Call g q b => Nat.compare f g ;; Nat.compare o q ;; closed_cmp a b
  | Ln a, Ln b => closed_cmp a b
  | Pick i a, Pick j b => Z.compare i j ;; closed_cmp a b
  | Value _ _, _ => Lt | _, Value _ _ => Gt | Direction _ _, _ => Lt | _, Direction _ _ => Gt
  | Call _ _ _, _ => Lt | _, Call _ _ _ => Gt | Ln _, _ => Lt | _, Ln _ => Gt
  end.
Lemma atom_cmp_eq : forall a b, atom_cmp a b = Eq -> a = b.
Proof.
  intros [] [] H; cbn in H; try discriminate.
  - apply both in H as [H1 H2]. apply Z.compare_eq in H1. apply name_cmp_eq in H2. now subst.
  - apply both in H as [H1 H2]. apply Z.compare_eq in H1. apply name_cmp_eq in H2. now subst.
  - apply both in H as [H1 H]. apply both in H as [H2 H3]. apply Nat.compare_eq in H1, H2.
    apply closed_cmp_eq in H3. now subst.
  - apply closed_cmp_eq in H. now subst.
  - apply both in H as [H1 H2]. apply Z.compare_eq in H1. apply closed_cmp_eq in H2. now subst.
Qed.

Definition monomial := list atom.
Definition poly := list (Q * monomial).
Fixpoint monomial_cmp (l m : monomial) : comparison :=
  match l, m with
  | [], [] => Eq | [], _ => Lt | _, [] => Gt
  | a :: l, b :: m => atom_cmp a b ;; monomial_cmp l m
  end.
Lemma monomial_cmp_eq : forall l m, monomial_cmp l m = Eq -> l = m.
Proof.
  induction l as [|a l IH]; intros [|b m] H; cbn in H; try discriminate; [reflexivity|].
  apply both in H as [H1 H2]. apply atom_cmp_eq in H1. now rewrite H1, (IH _ H2).
Qed.

Fixpoint insert (a : atom) (m : monomial) : monomial :=
  match m with [] => [a] | b :: m' => match atom_cmp a b with Gt => b :: insert a m' | _ => a :: m end end.
Definition times (l m : monomial) : monomial := fold_right insert m l.
(** Products and sums of integers need no reduction. *)
Definition qmul (a b : Q) : Q :=
  match Qden a, Qden b with xH, xH => (Qnum a * Qnum b) # 1 | _, _ => Qred (a * b) end.
Definition qadd (a b : Q) : Q :=
  match Qden a, Qden b with xH, xH => (Qnum a + Qnum b) # 1 | _, _ => Qred (a + b) end.
Definition pmul (p q : poly) : poly :=
  flat_map (fun a => map (fun b => (qmul (fst a) (fst b), times (snd a) (snd b))) q) p.

(** The second factor is evaluated only if the first is not zero. *)
Definition lmul (p : poly) (q : unit -> poly) : poly := match p with [] => [] | _ => pmul p (q tt) end.

(** Merge sort; monomials that meet are added up, and dropped if they cancel. *)
Fixpoint merge (p : poly) : poly -> poly :=
  fix go (q : poly) : poly :=
    match p, q with
    | [], _ => q
    | _, [] => p
    | (a, l) :: p', (b, m) :: q' =>
        match monomial_cmp l m with
        | Eq => let c := qadd a b in if (Qnum c =? 0)%Z then merge p' q' else (c, l) :: merge p' q'
        | Lt => (a, l) :: merge p' q
        | Gt => (b, m) :: go q'
        end
    end.
(** Monomials are collected in a binary tree under a key; equal ones have equal keys, so that they meet and cancel.  Nothing
    has to be proved of the key. *)
Inductive tree := Leaf | Node (l : tree) (p : poly) (r : tree).
Definition branch (l : tree) (p : poly) (r : tree) : tree :=
  match l, p, r with Leaf, [], Leaf => Leaf | _, _, _ => Node l p r end.
Fixpoint put (k : positive) (m : Q * monomial) (t : tree) : tree :=
  match t, k with
  | Leaf, xH => Node Leaf [m] Leaf
  | Leaf, xO k => Node (put k m Leaf) [] Leaf
  | Leaf, xI k => Node Leaf [] (put k m Leaf)
  | Node l p r, xH => branch l (merge [m] p) r
  | Node l p r, xO k => branch (put k m l) p r
  | Node l p r, xI k => branch l p (put k m r)
  end.
Definition atom_number (a : atom) : Z :=
  match a with Value _ p => 2 * p | Direction _ p => 2 * p + 1 | Call _ _ (CEntry _ p) => p | Pick i (CEntry _ p) => 8 * p + i | _ => 0 end%Z.
Definition key (m : monomial) : positive :=
  match fold_left (fun h a => h + h + h + atom_number a)%Z m 1%Z with Zpos p => p | _ => xH end.
Definition collect_monomials (p : poly) (t : tree) : tree := fold_left (fun t m => put (key (snd m)) m t) p t.

Section Polynomials.
  Variable F : functions.
  Hypothesis F_exp : forall o z, F 0%nat o z = exp z.
  Variable dims : name -> list Z.
  Notation eval := (eval F dims).
  Notation tangent := (tangent F dims).

  Fixpoint close (e : env) (a : expr) : closed :=
    match a with
    | Number q => CNumber q
    | Entry t is => match flat (shape dims t) (map (eval_index e) is) with Some p => CEntry t p | None => CNumber 0 end
    | Add a b => CAdd (close e a) (close e b)
    | Mul a b => CMul (close e a) (close e b)
    | Apply f o a => CApply f (order f o) (close e a)
    | Sum k n a => fold_right (fun v acc => CAdd (close (set e k v) a) acc) (CNumber 0) (zrange 0 n)
    | LogSumExp k n gs a => CLn (fold_right (fun v acc => CAdd (CApply 0 0 (close (set e k v) a)) acc) (CNumber 0) (admitted e k n gs))
    | Bracket b => CNumber (if holds e b then 1 else 0)
    | Maximum _ _ _ _ | ArgMax _ _ _ _ | IndexIs _ _ => CNumber 0                               (* not [plain] *)
    end.
  Fixpoint polynomial (e : env) (a : expr) : poly :=
    match a with
    | Number q => [(q, [])]
    | Entry t is => match flat (shape dims t) (map (eval_index e) is) with Some p => [(1%Q, [Value t p])] | None => [] end
    | Add a b => polynomial e a ++ polynomial e b
    | Mul a b => lmul (polynomial e a) (fun _ => polynomial e b)
    | Apply f o a => [(1%Q, [Call f (order f o) (close e a)])]
    | Sum k n a => flat_map (fun v => polynomial (set e k v) a) (zrange 0 n)
    | LogSumExp k n gs a => [(1%Q, [Ln (fold_right (fun v acc => CAdd (CApply 0 0 (close (set e k v) a)) acc) (CNumber 0) (admitted e k n gs))])]
    | Bracket b => if holds e b then [(1%Q, [])] else []
    | IndexIs i a => [(1%Q, [Pick (eval_index e i) (close e a)])]
    | Maximum _ _ _ _ | ArgMax _ _ _ _ => []
    end.
  (** Maxima stand alone in a definition; [i = a] is no argument of a function. *)
  Fixpoint plain (inside : bool) (a : expr) : bool :=
    match a with
    | Number _ | Entry _ _ | Bracket _ => true
    | Add a b | Mul a b => plain inside a && plain inside b
    | Apply _ _ a => plain true a
    | Sum _ _ a => plain inside a
    | LogSumExp _ _ _ a => plain true a
    | IndexIs _ a => negb inside && plain true a
    | Maximum _ _ _ _ | ArgMax _ _ _ _ => false
    end.
  (** Data have no direction. *)
  Definition moves (t : name) : bool := match t with Datum _ => false | _ => true end.
  (** The tangent of a logsumexp whose value is l: the sum of the tangents times exp(a - l). *)
  Definition exponentials (t : Z -> poly) (c : Z -> closed) (l : closed) (vs : list Z) : poly :=
    flat_map (fun v => lmul (t v) (fun _ => [(1%Q, [Call 0 0 (CAdd (c v) (CMul (CNumber (-1)) l))])])) vs.
  Fixpoint tangent_polynomial (e : env) (a : expr) : poly :=
    match a with
    | Number _ | Bracket _ | IndexIs _ _ | Maximum _ _ _ _ | ArgMax _ _ _ _ => []
    | Entry t is => if moves t then
        match flat (shape dims t) (map (eval_index e) is) with Some p => [(1%Q, [Direction t p])] | None => [] end else []
    | Add a b => tangent_polynomial e a ++ tangent_polynomial e b
    | Mul a b => lmul (tangent_polynomial e a) (fun _ => polynomial e b) ++ lmul (polynomial e a) (fun _ => tangent_polynomial e b)
    | Apply f o a => lmul (tangent_polynomial e a) (fun _ => [(1%Q, [Call f (order f (S o)) (close e a)])])
    | Sum k n a => flat_map (fun v => tangent_polynomial (set e k v) a) (zrange 0 n)
    | LogSumExp k n gs a => exponentials (fun v => tangent_polynomial (set e k v) a) (fun v => close (set e k v) a) (close e (LogSumExp k n gs a)) (admitted e k n gs)
    end.

  Section Meaning.
    Variable T D : tensors.
    Hypothesis still : forall t p, moves t = false -> D t p = 0.

    Fixpoint eval_closed (c : closed) : R :=
      match c with
      | CNumber q => Q2R q | CEntry t p => T t p | CAdd a b => eval_closed a + eval_closed b | CMul a b => eval_closed a * eval_closed b
      | CApply f o a => F f o (eval_closed a) | CLn a => logarithm (eval_closed a)
      end.
    Definition eval_atom (a : atom) : R :=
      match a with Value t p => T t p | Direction t p => D t p | Call f o a => F f o (eval_closed a) | Ln a => logarithm (eval_closed a)
      | Pick i a => if Req_EM_T (IZR i) (eval_closed a) then 1 else 0 end.
    Definition eval_monomial (m : monomial) : R := fold_right (fun a acc => eval_atom a * acc) 1 m.
    Definition eval_poly (p : poly) : R := sum_list p (fun m => Q2R (fst m) * eval_monomial (snd m)).
    Local Arguments eval_poly p : simpl never.
    Local Arguments lmul p q : simpl never.

    Lemma Q2R_0 : Q2R 0 = 0. Proof. unfold Q2R. simpl. lra. Qed.
    Lemma Q2R_1 : Q2R 1 = 1. Proof. unfold Q2R. simpl. lra. Qed.
    Lemma Q2R_red : forall q, Q2R (Qred q) = Q2R q. Proof. intro q. apply Qeq_eqR, Qred_correct. Qed.
    Lemma Q2R_qmul : forall a b, Q2R (qmul a b) = Q2R a * Q2R b.
    Proof.
      intros [a d] [b c]. rewrite <- Q2R_mult. destruct d, c; try apply Q2R_red. reflexivity.
    Qed.
    Lemma Q2R_qadd : forall a b, Q2R (qadd a b) = Q2R a + Q2R b.
    Proof.
      intros [a d] [b c]. rewrite <- Q2R_plus. destruct d, c; try apply Q2R_red.
      unfold qadd. simpl. apply Qeq_eqR. unfold Qeq. simpl. lia.
    Qed.
    Lemma eval_poly_app : forall p q, eval_poly (p ++ q) = eval_poly p + eval_poly q.
    Proof. intros. apply sum_list_app. Qed.
    Lemma eval_poly_flat_map : forall (A : Type) (l : list A) g, eval_poly (flat_map g l) = sum_list l (fun v => eval_poly (g v)).
    Proof. induction l as [|a l IH]; intro g; simpl; [reflexivity|]. now rewrite eval_poly_app, IH. Qed.
    Lemma eval_monomial_insert : forall a m, eval_monomial (insert a m) = eval_atom a * eval_monomial m.
    Proof.
      intros a. induction m as [|b m IH]; simpl; [reflexivity|].
      destruct (atom_cmp a b); simpl; try reflexivity. rewrite IH. ring.
    Qed.
    Lemma eval_monomial_times : forall l m, eval_monomial (times l m) = eval_monomial l * eval_monomial m.
    Proof. induction l as [|a l IH]; intro m; simpl; [ring|]. rewrite eval_monomial_insert, IH. ring. Qed.
    Lemma eval_poly_cons : forall c m p, eval_poly ((c, m) :: p) = Q2R c * eval_monomial m + eval_poly p.
    Proof. reflexivity. Qed.
    Lemma eval_poly_nil : eval_poly [] = 0.
    Proof. reflexivity. Qed.
    Lemma eval_poly_pmul : forall p q, eval_poly (pmul p q) = eval_poly p * eval_poly q.
    Proof.
      intros p q. induction p as [|[c m] p IH]; [change (pmul [] q) with (@nil (Q * monomial)); rewrite !eval_poly_nil; ring|].
      change (pmul ((c, m) :: p) q) with (map (fun b => (qmul c (fst b), times m (snd b))) q ++ pmul p q).
      rewrite eval_poly_app, IH, eval_poly_cons.
      assert (H : eval_poly (map (fun b => (qmul c (fst b), times m (snd b))) q) = Q2R c * eval_monomial m * eval_poly q); [|rewrite H; ring].
      clear IH. induction q as [|[d l] q IHq]; [cbn [map]; rewrite !eval_poly_nil; ring|].
      cbn [map fst snd]. rewrite !eval_poly_cons, IHq, Q2R_qmul, eval_monomial_times. ring.
    Qed.

    Lemma merge_cons : forall a l p b m q, merge ((a, l) :: p) ((b, m) :: q) =
      match monomial_cmp l m with
      | Eq => let c := qadd a b in if (Qnum c =? 0)%Z then merge p q else (c, l) :: merge p q
      | Lt => (a, l) :: merge p ((b, m) :: q)
      | Gt => (b, m) :: merge ((a, l) :: p) q
      end.
    Proof. reflexivity. Qed.
    Lemma merge_nil : forall p, merge p [] = p.
    Proof. now intros [|[a l] p]. Qed.
    Lemma eval_poly_merge : forall p q, eval_poly (merge p q) = eval_poly p + eval_poly q.
    Proof.
      induction p as [|[a l] p IHp]; intro q.
      - destruct q; cbn [merge]; rewrite eval_poly_nil; ring.
      - induction q as [|[b m] q IHq]; [rewrite merge_nil, eval_poly_nil; ring|].
        rewrite merge_cons. destruct (monomial_cmp l m) eqn:Hc.
        + apply monomial_cmp_eq in Hc. subst m.
          assert (Hsum : Q2R (qadd a b) = Q2R a + Q2R b) by apply Q2R_qadd.
          cbv zeta. destruct (Qnum (qadd a b) =? 0)%Z eqn:Hz.
          * apply Z.eqb_eq in Hz.
            assert (H0 : Q2R (qadd a b) = 0) by (unfold Q2R; rewrite Hz; ring).
            rewrite IHp, !eval_poly_cons. replace (Q2R b) with (- Q2R a) by lra. ring.
          * rewrite !eval_poly_cons, IHp, Hsum. ring.
        + rewrite eval_poly_cons, IHp, !eval_poly_cons. ring.
        + rewrite eval_poly_cons, IHq, !eval_poly_cons. ring.
    Qed.
    Fixpoint eval_tree (t : tree) : R := match t with Leaf => 0 | Node l p r => eval_tree l + eval_poly p + eval_tree r end.
    Lemma eval_tree_node : forall l p r, eval_tree (branch l p r) = eval_tree l + eval_poly p + eval_tree r.
    Proof. intros [|? ? ?] [|? ?] [|? ? ?]; cbn [eval_tree branch]; rewrite ?eval_poly_nil; ring. Qed.
    Lemma eval_tree_put : forall k m t, eval_tree (put k m t) = eval_poly [m] + eval_tree t.
    Proof.
      induction k as [k IH|k IH|]; intros m [|l p r]; cbn [put eval_tree]; rewrite ?eval_tree_node; cbn [eval_tree]; rewrite ?IH, ?eval_poly_merge; cbn [eval_tree]; rewrite ?eval_poly_nil; ring.
    Qed.
    Lemma eval_tree_collect : forall p t, eval_tree (collect_monomials p t) = eval_poly p + eval_tree t.
    Proof.
      induction p as [|[c m] p IH]; intro t; [rewrite eval_poly_nil; simpl; ring|].
      change (eval_tree (collect_monomials p (put (key m) (c, m) t)) = eval_poly ((c, m) :: p) + eval_tree t).
      rewrite IH, eval_tree_put, !eval_poly_cons, eval_poly_nil. ring.
    Qed.
    Lemma order_irrelevant : forall f o z, F f (order f o) z = F f o z.
    Proof. intros [|f] o z; [now rewrite !F_exp | reflexivity]. Qed.
    Lemma eval_close : forall a e, plain true a = true -> eval_closed (close e a) = eval T e a.
    Proof.
      induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros e Hp; simpl in *;
        try discriminate; try reflexivity.
      - destruct (flat _ _); [reflexivity | apply Q2R_0].
      - apply andb_prop in Hp as [Ha Hb]. now rewrite IHa, IHb.
      - apply andb_prop in Hp as [Ha Hb]. now rewrite IHa, IHb.
      - now rewrite order_irrelevant, IH.
      - induction (zrange 0 n) as [|v l IHl]; simpl; [apply Q2R_0|]. now rewrite IH, IHl.
      - f_equal. induction (admitted e k n gs) as [|v l IHl]; simpl; [apply Q2R_0|]. now rewrite F_exp, IH, IHl.
      - destruct (holds e b); [apply Q2R_1 | apply Q2R_0].
    Qed.
    Lemma eval_poly_one : forall a, eval_poly [(1%Q, [a])] = eval_atom a.
    Proof. intro a. unfold eval_poly. simpl. rewrite Q2R_1. ring. Qed.
    Lemma eval_poly_lmul : forall p q, eval_poly (lmul p q) = eval_poly p * eval_poly (q tt).
    Proof. intros [|m p] q; [change (0 = 0 * eval_poly (q tt)); ring | apply eval_poly_pmul]. Qed.

    Lemma plain_weaker : forall a, plain true a = true -> plain false a = true.
    Proof.
      induction a; simpl; intro H; try exact H; try discriminate; auto;
        apply andb_prop in H as [H1 H2]; rewrite IHa1, IHa2; auto.
    Qed.
    Lemma eval_polynomial : forall a e, plain false a = true -> eval_poly (polynomial e a) = eval T e a.
    Proof.
      induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros e Hp; simpl in *;
        try discriminate.
      - unfold eval_poly. simpl. ring.
      - destruct (flat _ _); [apply eval_poly_one | reflexivity].
      - apply andb_prop in Hp as [Ha Hb]. now rewrite eval_poly_app, IHa, IHb.
      - apply andb_prop in Hp as [Ha Hb]. now rewrite eval_poly_lmul, IHa, IHb.
      - rewrite eval_poly_one. simpl. now rewrite order_irrelevant, eval_close.
      - rewrite eval_poly_flat_map. apply sum_list_ext. intros v _. now apply IH.
      - rewrite eval_poly_one. exact (eval_close (LogSumExp k n gs a) e Hp).
      - rewrite eval_poly_one. simpl. now rewrite eval_close.
      - destruct (holds e b); [unfold eval_poly; simpl; rewrite Q2R_1; ring | reflexivity].
    Qed.
    Lemma eval_poly_exponentials : forall t c l vs, eval_poly (exponentials t c l vs) =
      sum_list vs (fun v => eval_poly (t v) * exp (eval_closed (c v) + -1 * eval_closed l)).
    Proof.
      intros t c l vs. unfold exponentials. rewrite eval_poly_flat_map. apply sum_list_ext. intros v _.
      rewrite eval_poly_lmul, eval_poly_one. cbn [eval_atom eval_closed]. rewrite F_exp. do 3 f_equal. unfold Q2R. simpl. field.
    Qed.
    Lemma eval_tangent_polynomial : forall a e, plain false a = true -> eval_poly (tangent_polynomial e a) = tangent T D e a.
    Proof.
      induction a as [q|t is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b]; intros e Hp; simpl in *;
        try discriminate; try reflexivity.
      - destruct (flat _ _) as [p|]; [|now destruct (moves t)].
        destruct (moves t) eqn:Hm; [apply eval_poly_one|]. rewrite still by exact Hm. reflexivity.
      - apply andb_prop in Hp as [Ha Hb]. now rewrite eval_poly_app, IHa, IHb.
      - apply andb_prop in Hp as [Ha Hb]. now rewrite eval_poly_app, !eval_poly_lmul, IHa, IHb, !eval_polynomial.
      - rewrite eval_poly_lmul, eval_poly_one, IH by now apply plain_weaker. cbn [eval_atom]. now rewrite order_irrelevant, eval_close.
      - rewrite eval_poly_flat_map. apply sum_list_ext. intros v _. now apply IH.
      - rewrite eval_poly_exponentials. apply sum_list_ext. intros v _. rewrite IH, eval_close by auto using plain_weaker.
        do 4 f_equal. exact (eval_close (LogSumExp k n gs a) e Hp).
    Qed.
    Lemma pick_one : forall l m (f : Z -> R), NoDup l -> In m l ->
      sum_list l (fun v => f v * (if Req_EM_T (IZR v) (IZR m) then 1 else 0)) = f m.
    Proof.
      induction l as [|v l IH]; intros m f Hl Hm; [destruct Hm|]. inversion Hl as [|? ? Hv Hl']; subst. rewrite sum_list_cons.
      destruct (Z.eq_dec v m) as [->|Hne].
      - destruct (Req_EM_T (IZR m) (IZR m)) as [_|H]; [|congruence]. rewrite sum_list_zero; [ring|].
        intros w Hw. destruct (Req_EM_T (IZR w) (IZR m)) as [E|_]; [|ring]. apply eq_IZR in E. now subst w.
      - destruct Hm as [Hm|Hm]; [contradiction|]. rewrite IH by assumption.
        destruct (Req_EM_T (IZR v) (IZR m)) as [E|_]; [now apply eq_IZR in E | ring].
    Qed.
    Lemma admitted_once : forall e k n gs, NoDup (admitted e k n gs).
    Proof.
      intros. apply NoDup_filter. generalize 0%Z. induction n as [|n IH]; intro s; constructor; [|apply IH].
      rewrite in_zrange. lia.
    Qed.
  End Meaning.
End Polynomials.
